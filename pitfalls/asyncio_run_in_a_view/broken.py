"""`asyncio.run` in a view, as people call async code from Flask. Under an ASGI server a loop runs there already."""

import asyncio
import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)


async def count_books() -> int:
    async with AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200")) as client:
        found = await client.search(index="twinlab-books", size=0)
    return int(found["hits"]["total"]["value"])


@app.get("/")
def books() -> str:
    return str(asyncio.run(count_books()))


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
