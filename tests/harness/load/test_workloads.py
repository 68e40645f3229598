"""The same seed gives the same requests; wrong answers are told from right ones. No network is needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loadtests.load import checks
from loadtests.load.checks import Answer, Check, fault
from loadtests.load.workloads import MIXED, WORKLOADS, Ask, Popularity, Visitor, definition
from tests.harness.standin import CATALOGUE

BOOK = {"id": "b1", "title": "Emma", "author": "Jane Austen", "genre": "Novel", "year": 1815, "tags": ["love"]} | {
    "rating": 4.5, "summary": "A match is made, and unmade."
}  # fmt: skip
PAGE = {"total": 1, "page": 1, "size": 10, "items": [BOOK], "facets": {"genre": [], "decade": []}}
DASHBOARD = {"totals": {"books": 1}, "genres": [1], "decades": [1], "top_rated": [1], "newest": [1], "ratings": [1]}


def answer(content: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, headers, content if isinstance(content, bytes) else json.dumps(content).encode())


def visitor(number: int, workload: str = MIXED) -> Visitor:
    return Visitor(CATALOGUE, Popularity(CATALOGUE), number, workload, run="first")


def asked(number: int, actions: int = 200, workload: str = MIXED) -> list[tuple[str, str]]:
    """The first requests of that many actions."""
    user = visitor(number, workload)
    return [(ask.endpoint, ask.path) for ask in (next(user.next_action()) for _ in range(actions))]


def test_a_user_asks_the_same_in_every_run_and_another_user_something_else() -> None:
    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_every_action_of_the_mix_occurs() -> None:
    assert {endpoint for endpoint, _ in asked(1)} == {*WORKLOADS[MIXED]} - {"write"} | {"create"}


@pytest.mark.parametrize(
    ("workload", "endpoints"),
    [
        ("get", {"get"}),
        ("search", {"search"}),
        ("dashboard", {"dashboard"}),
        ("graphql", {"graphql-book", "graphql-page", "graphql-dashboard"}),
        ("write", {"create"}),
        ("form", {"form"}),
    ],
)
def test_a_single_workload_asks_for_one_thing(workload: str, endpoints: set[str]) -> None:
    assert {endpoint for endpoint, _ in asked(1, workload=workload)} == endpoints


def test_what_is_asked_is_told_whole() -> None:
    assert definition("get") == definition(MIXED) | {"name": "get", "action_weights": {"get": 1}}


def test_the_first_book_of_the_catalogue_is_asked_for_most() -> None:
    paths = [path for endpoint, path in asked(1, actions=2_000) if endpoint == "get"]
    assert max(paths, key=paths.count) == f"/api/books/{CATALOGUE.books[0].id}"


def test_a_write_creates_changes_and_deletes_a_book_of_its_own() -> None:
    user = visitor(7)
    write = next(action for action in iter(user.next_action, None) if (first := next(action)).method == "POST")
    etag = answer({}, etag='"5-1"')
    update, delete = write.send(etag), write.send(answer({}, etag='"6-1"'))
    path = "/api/books/twinlab-load-test-first-7-1"
    assert (first.endpoint, first.path, first.body["id"]) == ("create", "/api/books", "twinlab-load-test-first-7-1")  # type: ignore[index]
    assert _core(update) == ("update", "PUT", path, {"If-Match": '"5-1"'})
    assert _core(delete) == ("delete", "DELETE", path, {"If-Match": '"6-1"'})
    with pytest.raises(StopIteration):
        write.send(answer(b"", 204))


def _core(ask: Ask) -> tuple[str, str, str, dict[str, str]]:
    return ask.endpoint, ask.method, ask.path, dict(ask.headers)


def data(**fields: Any) -> Answer:
    return answer({"data": fields})


NAMED = BOOK | {"author": {"name": "Jane Austen"}}
RIGHT = [
    (checks.graphql_book("b1", "Emma"), data(book=BOOK | {"similar": [{"id": "b2"}, {"id": "b3"}]})),
    (checks.graphql_page(["match", "austen"], 10), data(books=PAGE | {"items": [NAMED]})),
    (checks.graphql_dashboard, data(dashboard=DASHBOARD)),
    (checks.book("b1", "Emma"), answer(BOOK, etag='"1-1"')),
    (checks.page(["match", "austen"], 10, "Novel", 1800), answer(PAGE)),
    (checks.neighbours("b1"), answer({"items": [{"id": "b2"}, {"id": "b3"}]})),
    (checks.dashboard, answer(DASHBOARD)),
    (checks.status(204), answer(b"", 204)),
]
WRONG = [
    (checks.graphql_book("b1", "Emma"), answer({"errors": [{}], "data": {"book": None}}), "a GraphQL error"),
    (checks.graphql_book("b1", "Emma"), data(book=None), "an answer of another shape (TypeError)"),
    (checks.graphql_book("b2", "Emma"), data(book=BOOK), "another book than the one asked for"),
    (checks.graphql_book("b1", "Emma"), data(book=BOOK | {"similar": [{"id": "b1"}]}), "a book as its own neighbour"),
    (checks.graphql_page(["whale"], 10), data(books=PAGE | {"items": [NAMED]}), "a hit without the words asked for"),
    (checks.graphql_dashboard, data(dashboard=DASHBOARD | {"genres": []}), "a dashboard with an empty part"),
    (checks.book("b1", "Emma"), answer(BOOK), "no ETag"),
    (checks.book("b2", "Emma"), answer(BOOK, etag='"1-1"'), "another book than the one asked for"),
    (checks.book("b1", "Emma"), answer({}, 503), "status 503 instead of 200"),
    (checks.book("b1", "Emma"), answer(b"<html>"), "no JSON"),
    (checks.book("b1", "Emma"), answer([]), "an answer of another shape (TypeError)"),
    (checks.book("b1", "Emma"), answer({}), "an answer of another shape (KeyError)"),
    (checks.page(["whale"], 10), answer(PAGE), "a hit without the words asked for"),
    (checks.page([], 10, "Fable"), answer(PAGE), "a hit of another genre"),
    (checks.page([], 10, since=1900), answer(PAGE), "a hit from before the years asked for"),
    (checks.page([], 20), answer(PAGE), "another page than the one asked for"),
    (checks.page([], 10), answer(PAGE | {"total": 2}), "a page that is not full"),
    (checks.page([], 10), answer(PAGE | {"total": 0, "items": []}), "a book that is there was not found"),
    (checks.page([], 10), answer(PAGE | {"facets": {}}), "other facets than promised"),
    (checks.neighbours("b1"), answer({"items": [{"id": "b1"}]}), "a book as its own neighbour"),
    (checks.neighbours("b1"), answer({"items": [{"id": "b2"}] * 2}), "a neighbour twice"),
    (checks.dashboard, answer({}), "another dashboard than promised"),
    (checks.dashboard, answer(DASHBOARD | {"newest": []}), "a dashboard with an empty part"),
    (checks.dashboard, answer(DASHBOARD | {"totals": {"books": 0}}), "a dashboard without books"),
    (checks.status(204), answer({}, 200), "status 200 instead of 204"),
]


@pytest.mark.parametrize(("check", "given"), RIGHT)
def test_a_right_answer_has_no_fault(check: Check, given: Answer) -> None:
    assert fault(given, check) is None


@pytest.mark.parametrize(("check", "given", "expected"), WRONG)
def test_a_wrong_answer_is_told(check: Check, given: Answer, expected: str) -> None:
    assert fault(given, check) == expected
