"""The description of the service: valid, whole, and true of the answers of both twins."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

import async_app.app
import sync_app.app
from shared import openapi, queries
from shared.pages import is_page
from shared.settings import Settings, Twin
from tests.twins.test_equal import BOOK, KNOWN

DOCUMENT = openapi.document()
PAGES = {"pages.search", "pages.book", "pages.dashboard"}
METHODS = {"get", "post", "put", "delete"}
APPS = {"sync": sync_app.app.create_app, "async": async_app.app.create_app}


def routes(app: Flask) -> set[tuple[str, str]]:
    """The paths of the API, and the pages that a link may lead to.

    Paths are in OpenAPI's form, each with a method; HEAD and OPTIONS go without saying.
    """
    return {
        (rule.rule.replace("<book_id>", "{id}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method.lower() in METHODS and (not is_page(rule.rule) or rule.endpoint in PAGES)
    }


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_the_document_is_served(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json() == DOCUMENT


def test_every_route_is_described_and_nothing_else(twin: Twin) -> None:
    described = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert routes(APPS[twin](Settings.from_environ({}, twin))) == described


def test_every_parameter_of_a_search_is_described() -> None:
    parameters = DOCUMENT["paths"]["/api/books"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == list(queries.Search.model_fields)


GRAPHQL = {"query": f'{{ book(id: "{KNOWN}") {{ title }} nope: book(id: "nope") {{ id }} }}'}
ANSWERS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/api/books", {"params": {"q": "the"}}),
    ("GET", "/api/books", {"params": {"size": 0}}),
    ("POST", "/api/books", {"json": {}}),
    ("POST", "/api/books", {"json": BOOK | {"id": KNOWN}}),
    ("POST", "/api/books", {"content": b"{}"}),
    ("POST", "/api/books", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/books", {"json": "x" * 1024 * 1024}),
    ("GET", "/api/books/{id}", {}),
    ("GET", "/api/books/{id}", {"headers": {"If-None-Match": "*"}}),
    ("PUT", "/api/books/{id}", {"json": BOOK}),
    ("PUT", "/api/books/{id}", {"json": BOOK, "headers": {"If-Match": '"9-9"'}}),
    ("DELETE", "/api/books/{id}", {"headers": {"If-Match": '"9-9"'}}),
    ("GET", "/api/books/{id}/similar", {}),
    ("GET", "/api/dashboard", {}),
    ("POST", "/graphql", {"json": GRAPHQL}),
    ("POST", "/graphql", {"json": {"query": "{ books(size: 0) { total } }"}}),
    ("POST", "/graphql", {"json": []}),
    ("GET", "/graphql/schema", {}),
    ("GET", "/healthz", {}),
    ("GET", "/readyz", {}),
    ("GET", "/openapi.json", {}),
    ("GET", "/", {"params": {"q": "the"}}),
    ("GET", "/", {"params": {"size": 0}}),
    ("GET", "/books/{id}", {}),
    ("GET", "/dashboard", {}),
]


@pytest.mark.parametrize(("method", "path", "arguments"), ANSWERS, ids=lambda value: str(value)[:40])
def test_an_answer_is_as_described(client: httpx.Client, method: str, path: str, arguments: dict[str, Any]) -> None:
    check(client.request(method, path.replace("{id}", KNOWN), **arguments), method, path)


def test_what_is_written_is_answered_as_described(client: httpx.Client) -> None:
    created = client.post("/api/books", json=BOOK)
    where = created.headers["Location"]
    replaced = client.put(where, json=BOOK, headers={"If-Match": created.headers["ETag"]})
    deleted = client.delete(where)
    assert [answer.status_code for answer in (created, replaced, deleted)] == [201, 200, 204]
    check(created, "POST", "/api/books")
    check(replaced, "PUT", "/api/books/{id}")
    check(deleted, "DELETE", "/api/books/{id}")


def check(answer: httpx.Response, method: str, path: str) -> None:
    described = DOCUMENT["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    assert [name for name in described["headers"] if name not in answer.headers] == []
    content = described.get("content", {})
    if not content:
        assert answer.content == b""
        return
    [(media_type, form)] = content.items()
    assert answer.headers["Content-Type"].split(";")[0] == media_type
    value = answer.text if media_type.startswith("text/") else answer.json()
    OAS31Validator(form["schema"] | {"components": DOCUMENT["components"]}).validate(value)
