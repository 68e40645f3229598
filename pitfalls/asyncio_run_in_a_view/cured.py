"""The view is `async def` and awaits: all requests share the loop that runs there, so the client can be kept."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))


async def count_books() -> int:
    found = await client.search(index="twinlab-books", size=0)
    return int(found["hits"]["total"]["value"])


@app.get("/")
async def books() -> str:
    return str(await count_books())


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
