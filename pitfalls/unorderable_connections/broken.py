"""Several hosts, several calls at once. PROVOKED: `time.time` ticks every 15.6 ms here, as on older Windows."""

import asyncio
import os
import time

from elasticsearch import AsyncElasticsearch
from flask import Flask

precise_time = time.time
time.time = lambda: precise_time() // 0.0156 * 0.0156

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200").split(","))


@app.get("/")
async def books() -> str:
    calls = [client.search(index="twinlab-books", size=1) for _ in range(6)]
    return str([found["hits"]["total"]["value"] for found in await asyncio.gather(*calls)])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
