"""The client leaves, and its request is cancelled: the client closes its connection to Elasticsearch, which stops."""

import os
from typing import Any

import uvicorn
from elasticsearch import AsyncElasticsearch
from leaving import Flask

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"), request_timeout=60)
SLOW: list[Any] = [{"regexp": {"normal.summary": f"(.*[a-m].*[n-z].*){{3}}{number}?"}} for number in range(40)]


@app.get("/<name>")
async def search(name: str) -> dict[str, int]:
    searches = [{}, {"size": 0, "query": {"bool": {"should": SLOW}}, "stats": [name]}] * 50
    named = client.options(opaque_id=name)
    response = await named.msearch(index="twinlab-books", searches=searches, max_concurrent_searches=1)
    return {"searches": len(response["responses"])}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
