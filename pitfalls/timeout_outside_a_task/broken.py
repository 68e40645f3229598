"""A client that is warmed up at import, on an event loop that stays open but never runs again."""

import asyncio
import os

from elasticsearch import AsyncElasticsearch
from flask import Flask

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200").split(","))
loop = asyncio.new_event_loop()
loop.run_until_complete(client.search(index="twinlab-books", size=1))


@app.get("/")
async def books() -> str:
    found = await client.search(index="twinlab-books", size=1)
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
