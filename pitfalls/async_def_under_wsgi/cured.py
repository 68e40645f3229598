"""The same view under an ASGI server: a request that waits holds nothing."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)


@app.get("/")
async def search() -> dict[str, int]:
    async with AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200")) as client:
        response = await client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
