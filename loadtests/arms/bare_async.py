"""The least code for `GET /api/books/ID` on the async twin's stack: a view, a client call, `jsonify`, an ETag."""

from __future__ import annotations

import os

import uvicorn
from aioflask import Flask, Response, jsonify
from elasticsearch import AsyncElasticsearch

from async_app import TWIN
from async_app.server import of_worker
from shared.books import INDEX
from shared.settings import Settings

settings = Settings.from_environ(os.environ, TWIN)
app = Flask(__name__)
client = AsyncElasticsearch(settings.es_url, connections_per_node=settings.es_pool_size)


@app.get("/api/books/<book_id>")  # type: ignore[type-var]  # Flask's types know no coroutine functions as views
async def get_book(book_id: str) -> tuple[Response, dict[str, str]]:
    hit = await client.get(index=INDEX, id=book_id)
    etag = f'"{hit["_seq_no"]}-{hit["_primary_term"]}"'
    return jsonify(id=hit["_id"], **hit["_source"]), {"ETag": etag}


@app.get("/readyz")
def ready() -> str:
    return "ready"


if __name__ == "__main__":
    uvicorn.run(
        "loadtests.arms.bare_async:app",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        backlog=settings.backlog,
        log_level="warning",
        **of_worker(settings) | {"http": "httptools", "lifespan": "off"},
    )
