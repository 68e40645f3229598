"""The HTTP contract of both twins as an OpenAPI 3.1 document, made from the models that hold it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared import api_schemas as schemas
from shared import books, problems, queries
from shared.graphql.execution import GraphQLRequest

Json = dict[str, Any]
Problems = Iterable[type[problems.Problem]]

_ASKED = (books.Draft, books.NewBook, GraphQLRequest)
_ANSWERED = (
    schemas.Book,
    schemas.Page,
    schemas.Neighbours,
    schemas.Dashboard,
    schemas.Alive,
    schemas.Ready,
)
_PARTIAL = (schemas.ProblemDetails, schemas.GraphQLResponse)

_BACKEND = (problems.Internal, problems.Unavailable, problems.TooSlow)
_BODY = (problems.Malformed, problems.TooLarge, problems.UnsupportedMediaType, problems.Invalid)

_TEXT: Json = {"schema": {"type": "string"}}
_ID: Json = {"name": "id", "in": "path", "required": True, "schema": TypeAdapter(books.Id).json_schema()}
_ETAG: Json = {"ETag": {"description": "the version of the book"} | _TEXT}
_LOCATION: Json = {"Location": {"description": "where the book is"} | _TEXT}
_ALWAYS: Json = {
    "X-Request-ID": {"description": "the client's own where it sent a sane one"} | _TEXT,
    "Server-Timing": {"description": "ms in Elasticsearch (es) and in all (app); reads sent again (resend)"} | _TEXT,
}


def _operation(
    summary: str,
    done: dict[int, Json],
    parameters: Iterable[Json] = (),
    errors: Problems = (),
    body: type[BaseModel] | None = None,
) -> Json:
    failed = {problem.status.value: _problem(problem) for problem in errors}
    operation: Json = {
        "summary": summary,
        "responses": {str(status): response for status, response in (done | failed).items()},
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return operation


def _page(summary: str, parameters: Iterable[Json] = (), errors: Problems = ()) -> Json:
    """A page for people, whose errors are pages too."""
    html = {"text/html": _TEXT}
    failed = {problem.status.value: _response(problem.status.phrase, html, _headers(problem)) for problem in errors}
    return _operation(summary, {200: _response("The page", html)} | failed, parameters)


def _response(description: str, content: Json, headers: Json | None = None) -> Json:
    return {"description": description, "headers": _ALWAYS | (headers or {}), "content": content}


def _json(description: str, model: type[BaseModel], headers: Json | None = None) -> Json:
    return _response(description, {"application/json": {"schema": _ref(model)}}, headers)


def _empty(description: str, headers: Json | None = None) -> Json:
    return {"description": description, "headers": _ALWAYS | (headers or {})}


def _problem(problem: type[problems.Problem]) -> Json:
    content = {problems.MEDIA_TYPE: {"schema": _ref(schemas.ProblemDetails)}}
    return _response(problem.status.phrase, content, _headers(problem))


def _headers(problem: type[problems.Problem]) -> Json:
    return dict.fromkeys(problem.headers, _TEXT)


def _condition(name: str) -> Json:
    return {"name": name, "in": "header", "description": "an ETag, several, or *"} | _TEXT


def _parameters(model: type[BaseModel]) -> list[Json]:
    """The parameters of a URL's query. A query can't contain None, which marks a missing parameter."""
    return [
        {"name": name, "in": "query", "schema": schema.get("anyOf", [schema])[0]}
        for name, schema in model.model_json_schema()["properties"].items()
    ]


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas() -> Json:
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in _ANSWERED]
    modes += [(model, "validation") for model in (*_ASKED, *_PARTIAL)]
    _, schemas = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    definitions: Json = schemas["$defs"]
    return definitions


_API: Json = {
    "/api/books": {
        "get": _operation(
            "Search",
            {200: _json("A page", schemas.Page)},
            _parameters(queries.Search),
            (problems.Invalid, *_BACKEND),
        ),
        "post": _operation(
            "Create a book",
            {201: _json("Created", schemas.Book, _ETAG | _LOCATION)},
            errors=(problems.Conflict, *_BODY, *_BACKEND),
            body=books.NewBook,
        ),
    },
    "/api/books/{id}": {
        "get": _operation(
            "Read a book",
            {200: _json("The book", schemas.Book, _ETAG), 304: _empty("Not changed", _ETAG)},
            [_ID, _condition("If-None-Match")],
            (problems.NotFound, *_BACKEND),
        ),
        "put": _operation(
            "Replace a book",
            {200: _json("Replaced", schemas.Book, _ETAG)},
            [_ID, _condition("If-Match")],
            (problems.NotFound, problems.PreconditionFailed, problems.PreconditionRequired, *_BODY, *_BACKEND),
            body=books.Draft,
        ),
        "delete": _operation(
            "Delete a book",
            {204: _empty("Deleted")},
            [_ID, _condition("If-Match")],
            (problems.NotFound, problems.PreconditionFailed, *_BACKEND),
        ),
    },
    "/api/books/{id}/similar": {
        "get": _operation(
            "Find a book's neighbours",
            {200: _json("Its neighbours", schemas.Neighbours)},
            [_ID, *_parameters(queries.Similar)],
            (problems.NotFound, problems.Invalid, *_BACKEND),
        )
    },
    "/api/dashboard": {
        "get": _operation("Read six results at once", {200: _json("The results", schemas.Dashboard)}, errors=_BACKEND)
    },
}
_GRAPHQL: Json = {
    "/graphql": {
        "post": _operation(
            "Ask in GraphQL",
            {200: _json("The data, or the errors", schemas.GraphQLResponse)},
            errors=(*_BODY, problems.Internal),
            body=GraphQLRequest,
        )
    },
    "/graphql/schema": {
        "get": _operation("Read the GraphQL schema", {200: _response("In its own language", {"text/plain": _TEXT})})
    },
}
_PAGES: Json = {
    "/": {"get": _page("Search", _parameters(queries.Search), (problems.Invalid, *_BACKEND))},
    "/books/{id}": {"get": _page("Look at a book and its neighbours", [_ID], (problems.NotFound, *_BACKEND))},
    "/dashboard": {"get": _page("Look at the whole library", errors=_BACKEND)},
}
_SERVICE: Json = {
    "/healthz": {"get": _operation("Is the process alive?", {200: _json("Yes", schemas.Alive)})},
    "/readyz": {"get": _operation("Can it do its work?", {200: _json("Yes", schemas.Ready)}, errors=_BACKEND)},
    "/openapi.json": {
        "get": _operation(
            "Read this document", {200: _response("It", {"application/json": {"schema": {"type": "object"}}})}
        )
    },
}


@cache
def document() -> Json:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Books", "version": "1", "description": "A library, served alike by two twins."},
        "paths": _API | _GRAPHQL | _PAGES | _SERVICE,
        "components": {"schemas": _schemas()},
    }
