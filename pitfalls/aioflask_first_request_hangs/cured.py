"""aioflask that connects before it serves, on the event loop that will serve: no request waits for another's hook."""

import asyncio
import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client: AsyncElasticsearch


async def connect() -> None:
    global client
    client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))
    await client.count(index="twinlab-books")


@app.get("/")
async def books() -> str:
    found = await client.search(index="twinlab-books", size=1)
    return str(found["hits"]["total"]["value"])


async def main() -> None:
    await connect()
    await uvicorn.Server(uvicorn.Config(app, port=int(os.environ.get("PORT", "5000")))).serve()


if __name__ == "__main__":
    asyncio.run(main())
