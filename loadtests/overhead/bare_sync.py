"""The least that answers `GET /api/books/ID` on the sync twin's stack: a view, a client call, `jsonify`."""

import os

from elasticsearch import Elasticsearch
from flask import Flask, Response, jsonify

app = Flask(__name__)
client = Elasticsearch(os.environ["LAB_ES_URL"], connections_per_node=100)


@app.get("/api/books/<book_id>")
def get_book(book_id: str) -> Response:
    hit = client.get(index="twinlab-books", id=book_id)
    return jsonify(hit["_source"])
