"""The PUT is sent once: the caller is told that its response is lost, and can find out whether it was carried out."""

import asyncio
import os

from elastic_transport import AiohttpHttpNode
from elasticsearch import AsyncElasticsearch


class Node(AiohttpHttpNode):
    def _create_aiohttp_session(self) -> None:
        super()._create_aiohttp_session()
        self.session._retry_connection = False  # type: ignore[union-attr]


async def main() -> None:
    url = os.environ.get("ES_URL", "http://127.0.0.1:9200")
    async with AsyncElasticsearch(url, max_retries=0, node_class=Node) as client:
        await client.search(size=0)  # leaves a connection that is kept
        await client.create(index="pitfall-writes", id="one", document={"title": "Once"})


asyncio.run(main())
