"""The least that answers `GET /api/books/ID` on the async twin's stack: a view, a client call, `jsonify`."""

import os

from aioflask import Flask, Response, jsonify
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ["LAB_ES_URL"], connections_per_node=100)


@app.get("/api/books/<book_id>")  # type: ignore[type-var]  # Flask's types know no coroutine functions as views
async def get_book(book_id: str) -> Response:
    hit = await client.get(index="twinlab-books", id=book_id)
    return jsonify(hit["_source"])
