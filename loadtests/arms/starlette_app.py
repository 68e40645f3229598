"""The service without its pages on Starlette: REST, GraphQL and the checks of a supervisor."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from async_app import TWIN
from async_app.server import serve
from loadtests.arms.asgi import AsgiApp, measured
from loadtests.arms.starlette_parts import (
    Document,
    answer_http_exception,
    etags,
    lifespan,
    middleware,
    parameters,
    read_body,
)
from shared import bodies, openapi, operations, queries
from shared.books import Draft, NewBook
from shared.graphql import execution, schema
from shared.settings import Settings


async def search(request: Request) -> Response:
    query = bodies.validate(parameters(request.query_params), queries.Search)
    return Document(await request.state.run(operations.search(query)))


async def create_book(request: Request) -> Response:
    book = bodies.parse(await read_body(request), NewBook)
    stored = await request.state.run(operations.create_book(book))
    return Document(stored.book, 201, {"ETag": stored.etag, "Location": f"/api/books/{stored.book['id']}"})


async def get_book(request: Request) -> Response:
    stored = await request.state.run(operations.get_book(request.path_params["book_id"]))
    if etags(request.headers.getlist("if-none-match")).contains_weak(stored.version):
        return Response(status_code=304, headers={"ETag": stored.etag})
    return Document(stored.book, headers={"ETag": stored.etag})


async def update_book(request: Request) -> Response:
    book = bodies.parse(await read_body(request), Draft)
    versions = etags(request.headers.getlist("if-match"))
    stored = await request.state.run(operations.update_book(request.path_params["book_id"], book, versions))
    return Document(stored.book, headers={"ETag": stored.etag})


async def delete_book(request: Request) -> Response:
    versions = etags(request.headers.getlist("if-match"))
    await request.state.run(operations.delete_book(request.path_params["book_id"], versions))
    return HTMLResponse(status_code=204)


async def similar_books(request: Request) -> Response:
    query = bodies.validate(parameters(request.query_params), queries.Similar)
    return Document(await request.state.run(operations.similar_books(request.path_params["book_id"], query.size)))


async def dashboard(request: Request) -> Response:
    return Document(await request.state.run(operations.dashboard()))


async def answer_document(request: Request) -> Response:
    document = bodies.parse(await read_body(request), execution.GraphQLRequest)
    return Document(await request.state.run(execution.execute(document)))


async def show_schema(_request: Request) -> Response:
    return PlainTextResponse(schema.SDL)


async def alive(_request: Request) -> Response:
    return Document({"status": "alive"})


async def ready(request: Request) -> Response:
    return Document(await request.state.run(operations.readiness()))


async def describe(_request: Request) -> Response:
    return Document(openapi.document())


ROUTES = [
    Route("/api/books", search),
    Route("/api/books", create_book, methods=["POST"]),
    Route("/api/books/{book_id}", get_book),
    Route("/api/books/{book_id}", update_book, methods=["PUT"]),
    Route("/api/books/{book_id}", delete_book, methods=["DELETE"]),
    Route("/api/books/{book_id}/similar", similar_books),
    Route("/api/dashboard", dashboard),
    Route("/graphql", answer_document, methods=["POST"]),
    Route("/graphql/schema", show_schema),
    Route("/healthz", alive),
    Route("/readyz", ready),
    Route("/openapi.json", describe),
]


def create_app() -> AsgiApp:
    settings = Settings.from_environ(os.environ, TWIN)
    app = Starlette(
        routes=ROUTES,
        middleware=middleware(settings),
        exception_handlers={HTTPException: answer_http_exception},
        lifespan=lifespan(settings),
    )
    app.router.redirect_slashes = False
    return measured(app)


if __name__ == "__main__":
    serve(Settings.from_environ(os.environ, TWIN), "loadtests.arms.starlette_app:create_app")
