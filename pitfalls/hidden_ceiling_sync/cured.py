"""40 threads, and a connection for each."""

import os
import sys
from pathlib import Path

from elasticsearch import Elasticsearch
from flask import Flask
from gunicorn.app.wsgiapp import run

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"), connections_per_node=40)


@app.get("/")
def search() -> dict[str, int]:
    response = client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    options = f"--threads 40 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()
