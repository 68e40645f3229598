"""The same seed gives the same requests; wrong answers are told from right ones. No network is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from loadtests.load import checks
from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Check, Response, fault
from loadtests.load.workloads import (
    KNOWN_REQUESTS,
    MIXED,
    WORKLOADS,
    Popularity,
    Repeater,
    Request,
    Visitor,
    definition,
    known_requests,
    only_reads,
)
from tests.harness.standin import CATALOGUE

BOOK = {"id": "b1", "title": "Emma", "author": "Jane Austen", "genre": "Novel", "year": 1815, "tags": ["love"]} | {
    "rating": 4.5, "summary": "A match is made, and unmade."
}  # fmt: skip
PAGE = {"total": 1, "page": 1, "size": 10, "items": [BOOK], "facets": {"genre": [], "decade": []}}
DASHBOARD = {"totals": {"books": 1}, "genres": [1], "decades": [1], "top_rated": [1], "newest": [1], "ratings": [1]}


def response(content: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, headers, content if isinstance(content, bytes) else json.dumps(content).encode())


def visitor(number: int, workload: str = MIXED) -> Visitor:
    return Visitor(CATALOGUE, Popularity(CATALOGUE), number, workload, run="first")


def asked(number: int, actions: int = 200, workload: str = MIXED) -> list[tuple[str, str]]:
    """The first requests of that many actions."""
    user = visitor(number, workload)
    return [(request.endpoint, request.path) for request in (next(user.next_action()) for _ in range(actions))]


def test_a_user_asks_the_same_in_every_run_and_another_user_something_else() -> None:
    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_another_seed_asks_for_something_else() -> None:
    users = [Visitor(CATALOGUE, Popularity(CATALOGUE), 1, seed=seed) for seed in ("pair/1", "pair/2", "pair/1")]
    first, second, third = ([next(user.next_action()).path for _ in range(50)] for user in users)
    assert first == third != second


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_is_never_sent_changes_nothing_of_what_follows(workload: str) -> None:
    user = visitor(1, workload)
    actions = [user.next_action() for _ in range(100)]
    assert [next(action).path for action in actions[1::2]] == [path for _, path in asked(1, 100, workload)[1::2]]


def test_the_kinds_of_a_mix_do_not_depend_on_how_many_parameters_each_takes() -> None:
    fewer = Catalogue([replace(book, words=book.words[:1]) for book in CATALOGUE.books])
    users = [Visitor(catalogue, Popularity(catalogue), 1) for catalogue in (CATALOGUE, fewer)]
    kinds, same_kinds = ([next(user.next_action()).endpoint for _ in range(100)] for user in users)
    assert kinds == same_kinds


def test_every_action_of_the_mix_occurs() -> None:
    assert {endpoint for endpoint, _ in asked(1)} == {*WORKLOADS[MIXED]} - {"write"} | {"create"}


def test_reads_are_the_mix_without_its_writes() -> None:
    assert WORKLOADS["reads"] == {kind: weight for kind, weight in WORKLOADS[MIXED].items() if kind != "write"}
    user = visitor(1, "reads")
    requests = [request for _ in range(1_000) for request in user.next_action()]
    assert {request.endpoint for request in requests} == {"search", "get", "similar", "dashboard"}
    assert {request.method for request in requests} == {"GET"}


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


def test_a_replayed_backend_knows_all_that_its_users_ask() -> None:
    known = known_requests(CATALOGUE, Popularity(CATALOGUE), "reads")
    assert len(known) == KNOWN_REQUESTS
    assert paths(known) == paths(known_requests(CATALOGUE, Popularity(CATALOGUE), "reads"))
    assert {request.method for request in known} == {"GET"}
    drawn = [*repeated(known, 1), *repeated(known, 2)]
    assert {*paths(drawn)} <= {*paths(known)}


def test_a_repeater_draws_by_seed_and_number_each_request_as_often_as_any_other() -> None:
    known = known_requests(CATALOGUE, Popularity(CATALOGUE), "search")[:20]
    assert paths(repeated(known, 1)) == paths(repeated(known, 1)) != paths(repeated(known, 2))
    assert paths(repeated(known, 1)) != paths(repeated(known, 1, seed="another turn"))
    drawn, known_paths = paths(repeated(known, 1)), paths(known)
    shares = [drawn.count(path) / known_paths.count(path) for path in {*known_paths}]
    assert min(shares) > 0.5 * max(shares)


def repeated(known: Sequence[Request], number: int, seed: str = "turn") -> list[Request]:
    user = Repeater(known, number, seed)
    return [next(user.next_action()) for _ in range(4_000)]


def paths(requests: Sequence[Request]) -> list[str]:
    return [request.path for request in requests]


@pytest.mark.parametrize(
    ("workload", "reads"), [("mixed", False), ("write", False), ("reads", True), ("graphql", True)]
)
def test_a_workload_writes_or_only_reads(workload: str, reads: bool) -> None:
    assert only_reads(workload) is reads


def test_the_first_book_of_the_catalogue_is_asked_for_most() -> None:
    paths = [path for endpoint, path in asked(1, actions=2_000) if endpoint == "get"]
    assert max(paths, key=paths.count) == f"/api/books/{CATALOGUE.books[0].id}"


def test_a_write_creates_changes_and_deletes_a_book_of_its_own() -> None:
    user = visitor(7)
    write = next(action for action in iter(user.next_action, None) if (first := next(action)).method == "POST")
    etag = response({}, etag='"5-1"')
    update, delete = write.send(etag), write.send(response({}, etag='"6-1"'))
    path = "/api/books/twinlab-load-test-first-7-1"
    assert (first.endpoint, first.path, first.body["id"]) == ("create", "/api/books", "twinlab-load-test-first-7-1")  # type: ignore[index]
    assert _core(update) == ("update", "PUT", path, {"If-Match": '"5-1"'})
    assert _core(delete) == ("delete", "DELETE", path, {"If-Match": '"6-1"'})
    with pytest.raises(StopIteration):
        write.send(response(b"", 204))


def _core(request: Request) -> tuple[str, str, str, dict[str, str]]:
    return request.endpoint, request.method, request.path, dict(request.headers)


def data(**fields: Any) -> Response:
    return response({"data": fields})


NAMED = BOOK | {"author": {"name": "Jane Austen"}}
RIGHT = [
    (checks.graphql_book("b1", "Emma"), data(book=BOOK | {"similar": [{"id": "b2"}, {"id": "b3"}]})),
    (checks.graphql_page(["match", "austen"], 10), data(books=PAGE | {"items": [NAMED]})),
    (checks.graphql_dashboard, data(dashboard=DASHBOARD)),
    (checks.book("b1", "Emma"), response(BOOK, etag='"1-1"')),
    (checks.page(["match", "austen"], 10, "Novel", 1800), response(PAGE)),
    (checks.neighbours("b1"), response({"items": [{"id": "b2"}, {"id": "b3"}]})),
    (checks.dashboard, response(DASHBOARD)),
    (checks.status(204), response(b"", 204)),
]
WRONG = [
    (checks.graphql_book("b1", "Emma"), response({"errors": [{}], "data": {"book": None}}), "a GraphQL error"),
    (checks.graphql_book("b1", "Emma"), data(book=None), "a response of another shape (TypeError)"),
    (checks.graphql_book("b2", "Emma"), data(book=BOOK), "another book than the one asked for"),
    (checks.graphql_book("b1", "Emma"), data(book=BOOK | {"similar": [{"id": "b1"}]}), "a book as its own neighbour"),
    (checks.graphql_page(["whale"], 10), data(books=PAGE | {"items": [NAMED]}), "a hit without the words asked for"),
    (checks.graphql_dashboard, data(dashboard=DASHBOARD | {"genres": []}), "a dashboard with an empty part"),
    (checks.book("b1", "Emma"), response(BOOK), "no ETag"),
    (checks.book("b2", "Emma"), response(BOOK, etag='"1-1"'), "another book than the one asked for"),
    (checks.book("b1", "Emma"), response({}, 503), "status 503 instead of 200"),
    (checks.book("b1", "Emma"), response(b"<html>"), "no JSON"),
    (checks.book("b1", "Emma"), response([]), "a response of another shape (TypeError)"),
    (checks.book("b1", "Emma"), response({}), "a response of another shape (KeyError)"),
    (checks.page(["whale"], 10), response(PAGE), "a hit without the words asked for"),
    (checks.page([], 10, "Fable"), response(PAGE), "a hit of another genre"),
    (checks.page([], 10, since=1900), response(PAGE), "a hit from before the years asked for"),
    (checks.page([], 20), response(PAGE), "another page than the one asked for"),
    (checks.page([], 10), response(PAGE | {"total": 2}), "a page that is not full"),
    (checks.page([], 10), response(PAGE | {"total": 0, "items": []}), "a book that is there was not found"),
    (checks.page([], 10), response(PAGE | {"facets": {}}), "other facets than promised"),
    (checks.neighbours("b1"), response({"items": [{"id": "b1"}]}), "a book as its own neighbour"),
    (checks.neighbours("b1"), response({"items": [{"id": "b2"}] * 2}), "a neighbour twice"),
    (checks.dashboard, response({}), "another dashboard than promised"),
    (checks.dashboard, response(DASHBOARD | {"newest": []}), "a dashboard with an empty part"),
    (checks.dashboard, response(DASHBOARD | {"totals": {"books": 0}}), "a dashboard without books"),
    (checks.status(204), response({}, 200), "status 200 instead of 204"),
]


@pytest.mark.parametrize(("check", "given"), RIGHT)
def test_a_right_answer_has_no_fault(check: Check, given: Response) -> None:
    assert fault(given, check) is None


@pytest.mark.parametrize(("check", "given", "expected"), WRONG)
def test_a_wrong_answer_is_told(check: Check, given: Response, expected: str) -> None:
    assert fault(given, check) == expected


@pytest.mark.parametrize(("check", "given"), RIGHT)
def test_a_response_to_a_repeated_request_is_right_again(check: Check, given: Response) -> None:
    repeated = checks.repeated(check)
    assert [fault(given, repeated), fault(replace(given, body=bytes([*given.body])), repeated)] == [None, None]


@pytest.mark.parametrize(("check", "given", "expected"), WRONG)
def test_a_wrong_response_to_a_repeated_request_is_told_each_time(check: Check, given: Response, expected: str) -> None:
    repeated = checks.repeated(check)
    assert [fault(given, repeated), fault(given, repeated)] == [expected, expected]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"status": 500}, "status 500 instead of 200"),
        ({"headers": {}}, "no ETag"),
        ({"body": b"{}"}, "a response of another shape (KeyError)"),
        ({"body": b'{"id": "b2", "title": "T"}'}, "another book than the one asked for"),
        ({"body": b'{"id": "b1", "title": "T"'}, "no JSON"),
    ],
)
def test_a_right_response_makes_no_other_one_right(after: dict[str, Any], expected: str) -> None:
    repeated = checks.repeated(checks.book("b1", "T"))
    right = Response(200, {"etag": '"1-1"'}, b'{"id": "b1", "title": "T"}')
    assert [fault(right, repeated), fault(replace(right, **after), repeated)] == [None, expected]
    assert fault(right, repeated) is None
