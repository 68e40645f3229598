"""A document is created once, on a kept connection that breaks: aiohttp sends the PUT again, which finds it there."""

import asyncio
import os

from elasticsearch import AsyncElasticsearch


async def main() -> None:
    url = os.environ.get("ES_URL", "http://127.0.0.1:9200")
    async with AsyncElasticsearch(url, max_retries=0) as client:
        await client.search(size=0)  # leaves a connection that is kept
        await client.create(index="pitfall-writes", id="one", document={"title": "Once"})


asyncio.run(main())
