"""Asks Elasticsearch while it is imported, before gunicorn forks: all workers inherit that connection and share it."""

import os
import sys
from pathlib import Path

from elasticsearch import Elasticsearch
from flask import Flask
from gunicorn.app.wsgiapp import run

ES_URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")
app = Flask(__name__)
client = Elasticsearch(ES_URL, request_timeout=2)
client.cluster.health()


@app.get("/echo/<word>")
def echo(word: str) -> dict[str, str]:
    response = client.indices.analyze(text=word)
    return {"word": response["tokens"][0]["token"]}


if __name__ == "__main__":
    options = f"--preload --workers 2 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()
