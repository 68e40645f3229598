"""150 connections are asked for and 100 come: aiohttp has a limit of its own, for all hosts together."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

ES_URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")
app = Flask(__name__)
client = AsyncElasticsearch(ES_URL, connections_per_node=150)


@app.get("/")
async def search() -> dict[str, int]:
    response = await client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
