"""Each worker makes its client on its first request, after the fork; what is asked at import has one of its own."""

import os
import sys
from functools import cache
from pathlib import Path

from elasticsearch import Elasticsearch
from flask import Flask
from gunicorn.app.wsgiapp import run

ES_URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")
app = Flask(__name__)


@cache
def client() -> Elasticsearch:
    return Elasticsearch(ES_URL, request_timeout=2)


with Elasticsearch(ES_URL) as at_import:
    at_import.cluster.health()


@app.get("/echo/<word>")
def echo(word: str) -> dict[str, str]:
    response = client().indices.analyze(text=word)
    return {"word": response["tokens"][0]["token"]}


if __name__ == "__main__":
    options = f"--preload --workers 2 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()
