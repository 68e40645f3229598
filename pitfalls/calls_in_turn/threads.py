"""Without `async`: a pool of threads asks at once too. Served by hand with `python threads.py`."""

import os
from concurrent.futures import ThreadPoolExecutor

from elasticsearch import Elasticsearch
from flask import Flask

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))
threads = ThreadPoolExecutor(8)


@app.get("/<int:calls>")
def search(calls: int) -> dict[str, list[int]]:
    responses = threads.map(lambda _: client.search(size=0), range(calls))
    return {"took_ms": [response["took"] for response in responses]}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
