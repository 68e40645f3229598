"""The service without its pages on FastAPI, which reads parameters and bodies and checks responses by their models."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Annotated, Any, NoReturn

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

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
from shared import api_schemas as schemas
from shared import bodies, openapi, operations, problems, queries
from shared.books import Draft, NewBook
from shared.graphql import execution, schema
from shared.operations import Operation
from shared.settings import Settings


class _Request(Request):
    """A request whose parameters count once, and whose JSON was read as the service's contract wants it."""

    json_value: Any = None

    @cached_property
    def query_params(self) -> QueryParams:
        return QueryParams(parameters(super().query_params))

    async def json(self) -> Any:
        return self.json_value


class _Route(APIRoute):
    """A route that reads a body before FastAPI would: FastAPI takes more for JSON than RFC 8259 does."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            request = _Request(request.scope, request.receive)
            if self.body_field:
                request.json_value = bodies.load(await read_body(request))
            return await handle(request)

        return handle_strictly


async def refuse(_request: Request, error: RequestValidationError) -> NoReturn:
    """The problem that FastAPI's error means. Its fields begin with the part of the request that they were in."""
    raise problems.invalid(error, lambda field: field.partition(".")[2]) from error


async def runner(request: Request) -> Callable[[Operation[Any]], Awaitable[Any]]:
    """Runs an operation to its result."""
    run: Callable[[Operation[Any]], Awaitable[Any]] = request.state.run
    return run


Run = Annotated[Callable[[Operation[Any]], Awaitable[Any]], Depends(runner)]
Condition = Annotated[list[str], Header(default_factory=list)]

settings = Settings.from_environ(os.environ, TWIN)
app = FastAPI(
    openapi_url=None,
    default_response_class=Document,
    redirect_slashes=False,
    middleware=middleware(settings),
    exception_handlers={HTTPException: answer_http_exception, RequestValidationError: refuse},
    lifespan=lifespan(settings),
)
app.router.route_class = _Route
get = partial(app.api_route, methods=["GET", "HEAD"])


@get("/api/books", response_model=schemas.Page)
async def search(query: Annotated[queries.Search, Query()], run: Run) -> Any:
    return await run(operations.search(query))


@app.post("/api/books", response_model=schemas.Book, status_code=201)
async def create_book(book: NewBook, run: Run, response: Response) -> Any:
    stored = await run(operations.create_book(book))
    response.headers.update({"ETag": stored.etag, "Location": f"/api/books/{stored.book['id']}"})
    return stored.book


@get("/api/books/{book_id}", response_model=schemas.Book)
async def get_book(book_id: str, if_none_match: Condition, run: Run, response: Response) -> Any:
    stored = await run(operations.get_book(book_id))
    if etags(if_none_match).contains_weak(stored.version):
        return Response(status_code=304, headers={"ETag": stored.etag})
    response.headers["ETag"] = stored.etag
    return stored.book


@app.put("/api/books/{book_id}", response_model=schemas.Book)
async def update_book(book_id: str, book: Draft, if_match: Condition, run: Run, response: Response) -> Any:
    stored = await run(operations.update_book(book_id, book, etags(if_match)))
    response.headers["ETag"] = stored.etag
    return stored.book


@app.delete("/api/books/{book_id}", status_code=204, response_class=HTMLResponse)
async def delete_book(book_id: str, if_match: Condition, run: Run) -> None:
    await run(operations.delete_book(book_id, etags(if_match)))


@get("/api/books/{book_id}/similar", response_model=schemas.Neighbours)
async def similar_books(book_id: str, query: Annotated[queries.Similar, Query()], run: Run) -> Any:
    return await run(operations.similar_books(book_id, query.size))


@get("/api/dashboard", response_model=schemas.Dashboard)
async def dashboard(run: Run) -> Any:
    return await run(operations.dashboard())


@app.post("/graphql")
async def answer_document(document: execution.GraphQLRequest, run: Run) -> Any:
    return await run(execution.execute(document))


@get("/graphql/schema", response_class=PlainTextResponse)
async def show_schema() -> str:
    return schema.SDL


@get("/healthz", response_model=schemas.Alive)
async def alive() -> Any:
    return {"status": "alive"}


@get("/readyz", response_model=schemas.Ready)
async def ready(run: Run) -> Any:
    return await run(operations.readiness())


@get("/openapi.json")
async def describe() -> Any:
    return openapi.document()


def create_app() -> AsgiApp:
    return measured(app)


if __name__ == "__main__":
    serve(settings, "loadtests.arms.fastapi_app:create_app")
