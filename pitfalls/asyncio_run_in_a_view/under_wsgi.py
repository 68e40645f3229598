"""`asyncio.run` in views of plain Flask: a loop for each request. Served by hand with `python under_wsgi.py`."""

import asyncio
import os

from elasticsearch import AsyncElasticsearch
from flask import Flask

app = Flask(__name__)
ES_URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")
kept = AsyncElasticsearch(ES_URL)
loops: set[asyncio.AbstractEventLoop] = set()


async def count(client: AsyncElasticsearch) -> int:
    loops.add(asyncio.get_running_loop())
    found = await client.search(index="twinlab-books", size=0)
    return int(found["hits"]["total"]["value"])


async def count_with_a_new_client() -> int:
    async with AsyncElasticsearch(ES_URL) as client:
        return await count(client)


@app.get("/def/new-client")
def new_client() -> dict[str, int]:
    return {"found": asyncio.run(count_with_a_new_client()), "loops": len(loops)}


@app.get("/def/kept-client")
def kept_client() -> dict[str, int]:
    return {"found": asyncio.run(count(kept)), "loops": len(loops)}


@app.get("/async-def")
async def in_async_def() -> dict[str, int]:
    return {"found": asyncio.run(count_with_a_new_client()), "loops": len(loops)}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
