"""The same with the sync client: it says nothing. Served by hand with `python sync.py`."""

import os

from elasticsearch import Elasticsearch
from flask import Flask

app = Flask(__name__)


@app.get("/")
def search() -> dict[str, int]:
    client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))
    response = client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
