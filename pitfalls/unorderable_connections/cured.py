"""A client a request: no connection dies, so none are compared. PROVOKED: `time.time` ticks every 15.6 ms here."""

import asyncio
import os
import time

from elasticsearch import AsyncElasticsearch
from flask import Flask

precise_time = time.time
time.time = lambda: precise_time() // 0.0156 * 0.0156

app = Flask(__name__)
HOSTS = os.environ.get("ES_URL", "http://127.0.0.1:9200").split(",")


@app.get("/")
async def books() -> str:
    async with AsyncElasticsearch(HOSTS) as client:
        calls = [client.search(index="twinlab-books", size=1) for _ in range(6)]
        return str([found["hits"]["total"]["value"] for found in await asyncio.gather(*calls)])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
