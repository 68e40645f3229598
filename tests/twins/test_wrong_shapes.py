"""Elasticsearch answers JSON that is none of its own: 503 in both twins, as REST, GraphQL and pages tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from shared.settings import Twin
from tests.shared.test_es_responses import DOCUMENTS, RIGHT, spoiled
from tests.twins.broken_backends import answering
from tests.twins.conftest import CONTENDERS
from tests.twins.served import served
from tests.twins.test_equal import BOOK

READS = (
    "/api/books/x",
    "/api/books",
    "/api/books/x/similar",
    "/api/dashboard",
    "/readyz",
    "/",
    "/books/x",
    "/dashboard",
)
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/api/books", {"json": BOOK}),
    ("PUT", "/api/books/x", {"json": BOOK, "headers": {"If-Match": "*"}}),
    ("DELETE", "/api/books/x", {}),
)


class Backend:
    """Says the same to everything: to each part of an mget or msearch, or instead of such an answer."""

    said: Any = RIGHT

    def answer(self, path: str, body: bytes) -> Any:
        if not isinstance(self.said, dict) or self.said.keys() & {"docs", "responses"}:
            return self.said
        if "_mget" in path:
            return {"docs": [self.said for _ in json.loads(body)["ids"]]}
        if "_msearch" in path:
            return {"responses": [self.said for _ in body.splitlines()[::2]]}
        return self.said


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend()


@pytest.fixture(scope="module")
def clients(backend: Backend) -> Iterator[dict[Twin, httpx.Client]]:
    with answering(backend.answer) as url, ExitStack() as stack:
        yield {twin: stack.enter_context(served(twin, LAB_ES_URL=url))[1] for twin in CONTENDERS}


@pytest.fixture
def client(clients: dict[Twin, httpx.Client], twin: Twin) -> httpx.Client:
    return clients[twin]


def read(client: httpx.Client) -> list[int]:
    return [client.get(path).status_code for path in READS]


def codes(client: httpx.Client) -> list[list[str]]:
    """Those of GraphQL's errors, document by document."""
    answers = [client.post("/graphql", json={"query": document}).json() for document in DOCUMENTS]
    return [[error["extensions"]["code"] for error in answer.get("errors", ())] for answer in answers]


def test_the_right_answer(client: httpx.Client, backend: Backend) -> None:
    backend.said = RIGHT
    assert read(client) == [200] * len(READS)
    assert codes(client) == [[]] * len(DOCUMENTS)


@pytest.mark.parametrize("said", [None, True, 7, "text", [], {}, {"docs": [7]}, {"responses": [None]}], ids=repr)
def test_no_answer_at_all(client: httpx.Client, backend: Backend, said: Any) -> None:
    backend.said = said
    assert read(client) == [503] * len(READS)
    assert [client.request(method, path, **sent).status_code for method, path, sent in WRITES] == [503] * len(WRITES)
    assert codes(client) == [["UNAVAILABLE"]] * len(DOCUMENTS)


def test_a_book_of_another_shape(client: httpx.Client, backend: Backend) -> None:
    backend.said = spoiled(("_source", "rating"), "five stars")
    assert [client.get(path).status_code for path in ("/api/books/x", "/books/x", "/books/x/edit")] == [503] * 3
    assert codes(client) == [["UNAVAILABLE"], [], []]


def test_answers_of_six_moments(client: httpx.Client, backend: Backend) -> None:
    """The dashboard's questions may see a library that is emptied between them."""
    backend.said = spoiled(("aggregations", "rating", "buckets"), [])
    page = client.get("/dashboard")
    assert (page.status_code, "There are no books yet." in page.text) == (200, True)
