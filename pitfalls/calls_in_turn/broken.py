"""Questions that don't depend on each other, asked one after the other: their times add up."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))


@app.get("/<int:calls>")
async def search(calls: int) -> dict[str, list[int]]:
    responses = [await client.search(size=0) for _ in range(calls)]
    return {"took_ms": [response["took"] for response in responses]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
