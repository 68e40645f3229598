"""Six searches are gathered: one fails at once, the request is answered, and the five others run on for nobody."""

import asyncio
import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))
slow = AsyncElasticsearch(os.environ.get("SLOW_ES_URL", "http://127.0.0.1:9200"))


@app.get("/")
async def search() -> dict[str, list[int]]:
    calls = [*(slow.search(size=0) for _ in range(5)), client.search(index="missing")]
    responses = await asyncio.gather(*calls)
    return {"took_ms": [response["took"] for response in responses]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
