"""The REST API under /api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request
from werkzeug.http import parse_etags

from loadtests.arms.quart_app.backend import run
from shared import bodies, operations, queries
from shared.books import Draft, NewBook
from shared.documents import encoded

api = Blueprint("api", __name__, url_prefix="/api")


@api.get("/books")
async def search() -> Any:
    query = bodies.validate(request.args.to_dict(), queries.Search)
    return json_response(await run(operations.search(query)))


@api.post("/books")
async def create_book() -> Any:
    book = bodies.parse(await read_body(), NewBook)
    stored = await run(operations.create_book(book))
    location = f"{request.script_root}/api/books/{stored.book['id']}"
    return json_response(stored.book, {"ETag": stored.etag, "Location": location}, 201)


@api.get("/books/<book_id>")
async def get_book(book_id: str) -> Any:
    stored = await run(operations.get_book(book_id))
    known = request.headers.get("If-None-Match")
    if known and parse_etags(known).contains_weak(stored.version):
        return "", 304, {"ETag": stored.etag}
    return json_response(stored.book, {"ETag": stored.etag})


@api.put("/books/<book_id>")
async def update_book(book_id: str) -> Any:
    book = bodies.parse(await read_body(), Draft)
    stored = await run(operations.update_book(book_id, book, request.if_match))
    return json_response(stored.book, {"ETag": stored.etag})


@api.delete("/books/<book_id>")
async def delete_book(book_id: str) -> Any:
    await run(operations.delete_book(book_id, request.if_match))
    return "", 204


@api.get("/books/<book_id>/similar")
async def similar_books(book_id: str) -> Any:
    query = bodies.validate(request.args.to_dict(), queries.Similar)
    return json_response(await run(operations.similar_books(book_id, query.size)))


@api.get("/dashboard")
async def dashboard() -> Any:
    return json_response(await run(operations.dashboard()))


async def read_body() -> bytes:
    """The body of a request that must be JSON. Raises TooLarge, UnsupportedMediaType."""
    bodies.check_size(request.content_length)
    bodies.check_media_type(request.mimetype)
    body: bytes = await request.get_data()
    return body


def json_response(document: dict[str, Any], headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """What `jsonify` makes of it, which looks up the application and the request again for each of its settings."""
    return Response(encoded(document), status, headers, mimetype="application/json")
