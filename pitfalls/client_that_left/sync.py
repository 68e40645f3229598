"""The sync twin's way: the thread waits for Elasticsearch, and nobody looks at the client's socket meanwhile."""

import os
import sys
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch
from flask import Flask
from gunicorn.app.wsgiapp import run

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"), request_timeout=60)
SLOW: list[Any] = [{"regexp": {"normal.summary": f"(.*[a-m].*[n-z].*){{3}}{number}?"}} for number in range(40)]


@app.get("/<name>")
def search(name: str) -> dict[str, int]:
    searches = [{}, {"size": 0, "query": {"bool": {"should": SLOW}}, "stats": [name]}] * 50
    named = client.options(opaque_id=name)
    response = named.msearch(index="twinlab-books", searches=searches, max_concurrent_searches=1)
    return {"searches": len(response["responses"])}


if __name__ == "__main__":
    options = f"--threads 4 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()
