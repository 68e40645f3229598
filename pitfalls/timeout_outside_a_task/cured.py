"""A client that is warmed up at import, on an event loop that stays open and runs for ever, for all requests."""

import asyncio
import os
from threading import Thread

from elasticsearch import AsyncElasticsearch
from flask import Flask

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200").split(","))
loop = asyncio.new_event_loop()
loop.run_until_complete(client.search(index="twinlab-books", size=1))
Thread(target=loop.run_forever, daemon=True).start()


@app.get("/")
async def books() -> str:
    call = client.search(index="twinlab-books", size=1)
    found = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
