"""A view that waits without `await` stops all others, also those that need nothing from Elasticsearch."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import Elasticsearch

app = Flask(__name__)
client = Elasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))


@app.get("/search")
async def search() -> dict[str, int]:
    response = client.search(size=0)
    return {"took_ms": response["took"]}


@app.get("/alive")
async def alive() -> str:
    return "yes"


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
