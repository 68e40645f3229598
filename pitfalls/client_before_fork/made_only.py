"""The client is made before the fork and first asked after it. Served by a command, as in `demonstrate.py`."""

import os

from elasticsearch import Elasticsearch
from flask import Flask

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))


@app.get("/echo/<word>")
def echo(word: str) -> dict[str, str]:
    response = client.indices.analyze(text=word)
    return {"word": response["tokens"][0]["token"]}
