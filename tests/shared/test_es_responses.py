"""Whatever part of an answer of Elasticsearch is wrong, an operation ends as usual or says Unavailable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared import operations, problems
from shared.books import Draft, NewBook
from shared.graphql import execution
from shared.operations import Call, Operation
from shared.queries import Search
from tests.shared.test_operations import BOOK

HIT = {
    "_id": "x",
    "_seq_no": 3,
    "_primary_term": 1,
    "found": True,
    "_source": BOOK,
    "highlight": {"normal.title": ["<mark>"]},
}
RIGHT: dict[str, Any] = {
    **HIT,
    "hits": {"total": {"value": 1}, "hits": [HIT]},
    "aggregations": {
        "authors": {"value": 7},
        "average_rating": {"value": 4.5},
        "genre": {"buckets": [{"key": "essay", "doc_count": 1}]},
        "decade": {"buckets": [{"key": 1990.0, "doc_count": 1}]},
        "rating": {"buckets": [{"key": 4.5, "doc_count": 1}]},
    },
    "count": 1,
}
"""An answer to whatever is asked."""

BOOK_FIELDS = "id title author { name } year rating summary tags highlight { title } version"
DOCUMENTS = (
    f'{{ book(id: "x") {{ {BOOK_FIELDS} author {{ books {{ id }} }} }} }}',
    f"{{ books {{ total items {{ {BOOK_FIELDS} }} facets {{ genre {{ value count }} decade {{ value count }} }} }} }}",
    "{ dashboard { totals { books authors averageRating } ratings { value count } newest { title } } }",
)
OPERATIONS: dict[str, Callable[[], Operation[Any]]] = {
    "search": lambda: operations.search(Search()),
    "get": lambda: operations.get_book("x"),
    "create": lambda: operations.create_book(NewBook(**BOOK)),
    "update": lambda: operations.update_book("x", Draft(**BOOK), {"3-1"}),
    "delete": lambda: operations.delete_book("x", ()),
    "similar": lambda: operations.similar_books("x", 3),
    "dashboard": lambda: operations.dashboard(),
    "readiness": lambda: operations.readiness(),
}

Place = tuple[str | int, ...]


def places(value: Any, so_far: Place = ()) -> Iterator[Place]:
    """Where an answer can be wrong."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield so_far
    for name, part in inner:
        yield from places(part, (*so_far, name))


def spoiled(place: Place, value: Any) -> Any:
    """The right answer, but for one place."""
    if not place:
        return value
    answer = json.loads(json.dumps(RIGHT))
    part: Any = answer
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    return answer


def played(operation: Operation[Any], said: Any) -> Any:
    """The result of an operation to whose every call this is said, each part of a batch too."""
    try:
        wanted = next(operation)
        while True:
            wanted = operation.send([told(c, said) for c in wanted] if isinstance(wanted, list) else told(wanted, said))
    except StopIteration as done:
        return done.value


def told(call: Call, said: Any) -> Any:
    match call.method:
        case "mget":
            return {"docs": [said for _ in call.kwargs["ids"]]}
        case "msearch":
            return {"responses": [said for _ in call.kwargs["searches"][::2]]}
        case _:
            return said


def codes(document: str, said: Any) -> list[str]:
    answer = played(execution.execute(execution.GraphQLRequest(query=document)), said)
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


PLACES = list(places(RIGHT))
WRONG: list[Any] = [None, True, -1, 1e300, 10**400, "text", "\ud800", [], [None], {}, {"": {}}]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation(operation: Callable[[], Operation[Any]], place: Place) -> None:
    for value in WRONG:
        try:
            played(operation(), spoiled(place, value))
        except (problems.Unavailable, problems.PreconditionFailed):  # a version may be another
            continue


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document(document: str, place: Place) -> None:
    found = [codes(document, spoiled(place, value)) for value in WRONG]
    absent = [["NOT_FOUND"]] if place == ("found",) else []
    assert [told for told in found if told not in ([], ["UNAVAILABLE"], *absent)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_right_answer_to_a_document(document: str) -> None:
    assert codes(document, RIGHT) == []


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("wrong", [None, True, 7, "text", [], {}], ids=repr)
def test_what_is_no_answer_at_all(operation: Callable[[], Operation[Any]], wrong: Any) -> None:
    with pytest.raises(problems.Unavailable):
        played(operation(), wrong)


@pytest.mark.parametrize("count", [0, 2])
def test_a_batch_with_another_number_of_parts(count: int) -> None:
    for document, name in zip(DOCUMENTS[:2], ("docs", "responses"), strict=True):
        operation = execution.execute(execution.GraphQLRequest(query=document))
        next(operation)
        with pytest.raises(StopIteration) as done:
            operation.send([{name: [RIGHT] * count}])
        assert done.value.value["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
