"""aioflask with an async hook before the first request: two first requests at once, and the worker hangs for ever."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client: AsyncElasticsearch


@app.before_first_request
async def connect() -> None:
    global client
    client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))
    await client.count(index="twinlab-books")


@app.get("/")
async def books() -> str:
    found = await client.search(index="twinlab-books", size=1)
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")))
