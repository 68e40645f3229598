"""A client for each worker: made when the worker starts, closed when it ends."""

import os
from typing import Any

import uvicorn
from aioflask import Flask
from elasticsearch import AsyncElasticsearch


class Service(Flask):
    async def asgi_app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        else:
            await super().asgi_app(scope, receive, send)

    async def live(self, receive: Any, send: Any) -> None:
        await receive()
        async with AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200")) as self.client:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


app = Service(__name__)


@app.get("/")
async def search() -> dict[str, int]:
    response = await app.client.search(size=0)
    return {"took_ms": response["took"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")), log_level="warning")
