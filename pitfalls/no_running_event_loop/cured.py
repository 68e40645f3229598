"""An aiohttp session a request, to ask Elasticsearch without its client: made where the request's event loop runs."""

import os

import aiohttp
from flask import Flask

app = Flask(__name__)
URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")


@app.get("/")
async def books() -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{URL}/twinlab-books/_search?size=1") as response:
        found = await response.json()
    return str(found["hits"]["total"]["value"])


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
