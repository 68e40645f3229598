"""A client a request: made, used and closed on the one event loop that this request has."""

import os

from elasticsearch import AsyncElasticsearch
from flask import Flask

app = Flask(__name__)
HOSTS = os.environ.get("ES_URL", "http://127.0.0.1:9200").split(",")


@app.get("/")
async def books() -> str:
    async with AsyncElasticsearch(HOSTS) as client:
        found = await client.search(index="twinlab-books", size=1)
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
