"""A client at module level that each request closes when it is done: the next one runs on another event loop."""

import os

from elasticsearch import AsyncElasticsearch
from flask import Flask

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200").split(","))


@app.get("/")
async def books() -> str:
    try:
        found = await client.search(index="twinlab-books", size=1)
    finally:
        await client.close()
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
