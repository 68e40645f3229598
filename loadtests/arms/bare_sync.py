"""The least code for `GET /api/books/ID` on the sync twin's stack: a view, a client call, `jsonify`, an ETag."""

from __future__ import annotations

import os

from elasticsearch import Elasticsearch
from flask import Flask, Response, jsonify

from loadtests.arms.server import serve
from shared.books import INDEX
from shared.settings import Settings
from sync_app import TWIN

settings = Settings.from_environ(os.environ, TWIN)
app = Flask(__name__)
client = Elasticsearch(settings.es_url, connections_per_node=settings.es_pool_size)


@app.get("/api/books/<book_id>")
def get_book(book_id: str) -> tuple[Response, dict[str, str]]:
    hit = client.get(index=INDEX, id=book_id)
    etag = f'"{hit["_seq_no"]}-{hit["_primary_term"]}"'
    return jsonify(id=hit["_id"], **hit["_source"]), {"ETag": etag}


@app.get("/readyz")
def ready() -> str:
    return "ready"


if __name__ == "__main__":
    serve("loadtests.arms.bare_sync:app")
