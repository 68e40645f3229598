"""As many requests ask Elasticsearch at a time as the client was told to have connections."""

import os

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"), connections_per_node=40)


@app.get("/")
async def search() -> dict[str, int]:
    response = await client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
