# /// script
# dependencies = ["aioflask==0.4.0"]
# ///
"""aioflask as `pip install aioflask` gives it: with the newest Flask, whose insides have changed."""

from aioflask import Flask

app = Flask(__name__)
print(f"made {app}")
