"""Six searches in a task group: one fails at once, the five others are cancelled, and then the request is answered."""

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
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call) for call in calls]
    return {"took_ms": [task.result()["took"] for task in tasks]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
