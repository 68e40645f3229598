"""`async def` under a WSGI server: a request still holds its thread until it is answered, so 4 threads answer 4."""

import os
import sys
from pathlib import Path

from elasticsearch import AsyncElasticsearch
from flask import Flask
from gunicorn.app.wsgiapp import run

app = Flask(__name__)


@app.get("/")
async def search() -> dict[str, int]:
    async with AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200")) as client:
        response = await client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    options = f"--threads 4 --bind 127.0.0.1:{os.environ.get('PORT', '5000')}"
    sys.argv[1:] = [*options.split(), f"{Path(__file__).stem}:app"]
    run()
