# /// script
# dependencies = ["aioflask==0.4.0", "flask==2.1.3", "werkzeug==2.2.3"]
# ///
"""aioflask with the Flask and the Werkzeug that it was written for, as the lab locks them."""

from aioflask import Flask

app = Flask(__name__)
print(f"made {app}")
