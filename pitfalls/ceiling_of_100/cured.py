"""150 connections are asked for and 150 come: the limit for each host is the only one."""

import os

import uvicorn
from aioflask import Flask
from elastic_transport import AiohttpHttpNode
from elasticsearch import AsyncElasticsearch


class Node(AiohttpHttpNode):
    def _create_aiohttp_session(self) -> None:
        super()._create_aiohttp_session()
        self.session.connector._limit = 0  # type: ignore[union-attr]


ES_URL = os.environ.get("ES_URL", "http://127.0.0.1:9200")
app = Flask(__name__)
client = AsyncElasticsearch(ES_URL, connections_per_node=150, node_class=Node)


@app.get("/")
async def search() -> dict[str, int]:
    response = await client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
