"""Elasticsearch answers JSON that is none of its own: 503 in both twins, whatever part of it is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from shared.settings import Twin
from tests.twins.broken_backends import answering
from tests.twins.conftest import CONTENDERS
from tests.twins.served import served
from tests.twins.test_equal import BOOK

HIT = {"_id": "x", "_seq_no": 3, "_primary_term": 1, "found": True, "_source": BOOK, "highlight": {"title": ["<mark>"]}}
AGGREGATIONS = {
    "authors": {"value": 7},
    "average_rating": {"value": 4.5},
    "genre": {"buckets": [{"key": "essay", "doc_count": 1}]},
    "decade": {"buckets": [{"key": 1990.0, "doc_count": 1}]},
    "rating": {"buckets": [{"key": 4.5, "doc_count": 1}]},
}
RIGHT: dict[str, Any] = {
    **HIT,
    "hits": {"total": {"value": 1}, "hits": [HIT]},
    "aggregations": AGGREGATIONS,
    "count": 1,
}
"""An answer to whatever is asked."""

Place = tuple[str | int, ...]


def places(value: Any, so_far: Place = ()) -> Iterator[Place]:
    """Where there is something that can be wrong; `found` is looked at in an mget alone."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield so_far
    for name, part in inner:
        if name != "found":
            yield from places(part, (*so_far, name))


PLACES = [place for place in places(RIGHT) if place]
WRONG: list[Any] = [None, True, "text", 1e300, [], [None], {}, {"": {}}, "\ud800"]


def spoiled(place: Place, value: Any) -> Any:
    answer = copy.deepcopy(RIGHT)
    part: Any = answer
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    return answer


class Backend:
    """What the backend says, a part of an mget or msearch each time."""

    said: Any = RIGHT

    def answer(self, path: str, body: bytes) -> Any:
        if "_mget" in path:
            return {"docs": [self.said] * len(json.loads(body)["ids"])}
        if "_msearch" in path:
            return {"responses": [self.said] * (len(body.splitlines()) // 2)}
        return self.said


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend()


@pytest.fixture(scope="module")
def clients(backend: Backend) -> Iterator[dict[Twin, httpx.Client]]:
    with answering(backend.answer) as url, ExitStack() as stack:
        yield {twin: stack.enter_context(served(twin, LAB_ES_URL=url))[1] for twin in CONTENDERS}


@pytest.fixture
def client(clients: dict[Twin, httpx.Client], twin: Twin, backend: Backend) -> httpx.Client:
    backend.said = RIGHT
    return clients[twin]


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
BOOK_FIELDS = "id title author { name } year rating summary tags highlight { title } version"
DOCUMENTS = (
    f'{{ book(id: "x") {{ {BOOK_FIELDS} author {{ books {{ id }} }} }} }}',
    f"{{ books {{ total items {{ {BOOK_FIELDS} }} facets {{ genre {{ value count }} decade {{ value count }} }} }} }}",
    "{ dashboard { totals { books authors averageRating } ratings { value count } newest { title } } }",
)


def outcomes(client: httpx.Client) -> list[Any]:
    """What each question gets: a status, or the codes of GraphQL's errors."""
    return [client.get(path).status_code for path in READS] + [asked(client, document) for document in DOCUMENTS]


def asked(client: httpx.Client, document: str) -> Any:
    answer = client.post("/graphql", json={"query": document})
    assert answer.status_code == 200
    return [error["extensions"]["code"] for error in answer.json().get("errors", [])]


def test_the_right_answer_is_taken(client: httpx.Client) -> None:
    assert outcomes(client) == [200] * len(READS) + [[]] * len(DOCUMENTS)


@pytest.mark.parametrize("said", [None, True, 7, "text", [], {}], ids=repr)
def test_another_answer_is_503(client: httpx.Client, backend: Backend, said: Any) -> None:
    backend.said = said
    assert outcomes(client) == [503] * len(READS) + [["UNAVAILABLE"]] * len(DOCUMENTS)
    assert [write(client).status_code for write in WRITES] == [503] * len(WRITES)


WRITES = (
    lambda client: client.post("/api/books", json=BOOK),
    lambda client: client.put("/api/books/x", json=BOOK, headers={"If-Match": "*"}),
    lambda client: client.delete("/api/books/x"),
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_an_answer_that_is_wrong_in_a_part_is_503(client: httpx.Client, backend: Backend, place: Place) -> None:
    for value in WRONG:
        backend.said = spoiled(place, value)
        seen = outcomes(client)
        assert [outcome for outcome in seen if outcome not in (200, 503, [], ["UNAVAILABLE"])] == []
    backend.said = spoiled(place, {"": {}})
    assert {str(outcome) for outcome in outcomes(client)} & {"503", "['UNAVAILABLE']"}


@pytest.mark.parametrize("wrong", [{}, [], {"docs": []}, {"docs": {}}, {"docs": [7]}, {"responses": [None]}], ids=repr)
def test_a_batch_of_another_shape_is_unavailable(twin: Twin, wrong: Any) -> None:
    with answering(lambda *_: wrong) as url, served(twin, LAB_ES_URL=url) as (_, client):
        assert [asked(client, document) for document in DOCUMENTS] == [["UNAVAILABLE"]] * len(DOCUMENTS)
