"""The parts of GraphQL by hand: operations side by side, limits, and a document from its request to its answer."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from graphql import GraphQLError

from shared import operations, problems
from shared.books import INDEX
from shared.graphql import documents, execution
from shared.graphql.together import together
from shared.operations import Call, Operation
from shared.queries import Search
from tests.shared.test_operations import BOOK, HIT, READ

FOUND = {"_index": INDEX, "found": True, **HIT}
MISSING = {"_index": INDEX, "_id": "b2", "found": False}
NO_HITS = {"status": 200, "hits": {"total": {"value": 0}, "hits": []}, "aggregations": {}}


def play(operation: Operation[Any], *rounds: Any) -> tuple[list[Any], Any]:
    """What an operation asks, round by round, and its last word (a round that is a Problem is thrown)."""
    asked = []
    try:
        asked.append(next(operation))
        for response in rounds:
            failed = isinstance(response, Exception)
            asked.append(operation.throw(response) if failed else operation.send(response))
    except StopIteration as done:
        return asked, done.value
    raise AssertionError(f"still asks {asked[-1]}")


def reads(*ids: str) -> Generator[Any, Any, list[str]]:
    """Reads books one after another."""
    titles = []
    for book_id in ids:
        titles.append((yield from operations.get_book(book_id)).book["title"])
    return titles


def test_gets_and_searches_of_a_round_are_two_calls() -> None:
    search = Search(page=2, size=5)
    asked, results = play(
        together([operations.get_book("b1"), operations.search(search, lambda hit: hit), operations.get_book("b2")]),
        [
            {"docs": [FOUND, MISSING]},
            {"responses": [NO_HITS | {"aggregations": {"genre": {"buckets": []}, "decade": {"buckets": []}}}]},
        ],
    )
    [[mget, msearch]] = asked
    assert mget == Call("mget", {"index": INDEX, "ids": ["b1", "b2"]})
    header, body = msearch.kwargs["searches"]
    assert (msearch.method, msearch.kwargs["index"], header) == ("msearch", INDEX, {})
    assert (body["from"], body["size"], body["seq_no_primary_term"]) == (5, 5, True)
    assert (results[0].book, results[0].version, results[1]["total"]) == (READ, "7-2", 0)
    assert isinstance(results[2], problems.NotFound)


def test_an_operation_that_ends_early_leaves_the_others_going() -> None:
    asked, results = play(together([reads("b1"), reads("b1", "b3")]), [{"docs": [FOUND, FOUND]}], [{"docs": [FOUND]}])
    assert [[call.kwargs["ids"] for call in calls] for calls in asked] == [[["b1", "b1"]], [["b3"]]]
    assert results == [[BOOK["title"]], [BOOK["title"]] * 2]


def test_what_fails_in_a_round_fails_for_each() -> None:
    _, results = play(together([reads("b1"), reads("b2")]), problems.too_slow())
    assert [type(result) for result in results] == [problems.TooSlow] * 2


def test_a_search_that_fails_alone_fails_its_operation_alone() -> None:
    refused = {"status": 429, "error": {"type": "es_rejected_execution_exception"}}
    _, results = play(
        together([operations.dashboard(), reads("b1")]), [{"docs": [FOUND]}, {"responses": [refused] + [NO_HITS] * 5}]
    )
    assert isinstance(results[0], problems.Unavailable)
    assert results[1] == [BOOK["title"]]


def test_a_search_that_can_not_be_read_is_our_own_fault() -> None:
    with pytest.raises(RuntimeError, match="parsing"):
        play(together([operations.dashboard()]), [{"responses": [{"status": 400, "error": "parsing"}] * 6}])


def test_an_index_that_is_gone_is_no_missing_book() -> None:
    gone = {"_index": INDEX, "_id": "b1", "error": {"type": "index_not_found_exception"}}
    _, results = play(together([reads("b1")]), [{"docs": [gone]}])
    assert [type(result) for result in results] == [problems.Unavailable]


def test_nothing_is_asked_for_no_operation() -> None:
    assert play(together([])) == ([], [])


def request(document: str, **variables: Any) -> execution.GraphQLRequest:
    return execution.GraphQLRequest(query=document, variables=variables)


def test_a_document_is_carried_level_by_level() -> None:
    other = FOUND | {"_id": "b9"}
    asked, answer = play(
        execution.execute(request('{ book(id: "b1") { author { name books(size: 2) { id version } } } }')),
        [{"docs": [FOUND]}],
        [{"responses": [{"hits": {"hits": [FOUND, other]}}]}],
    )
    [[mget], [msearch]] = asked
    assert (mget.method, msearch.method) == ("mget", "msearch")
    assert msearch.kwargs["searches"][1] == {
        "query": {"term": {"normal.author": BOOK["author"]}},
        "sort": operations.SORTS["year"],
        "size": 2,
        "seq_no_primary_term": True,
    }
    listed = [{"id": "b1", "version": "7-2"}, {"id": "b9", "version": "7-2"}]
    assert answer == {"data": {"book": {"author": {"name": BOOK["author"], "books": listed}}}}


def test_mutations_are_asked_for_one_by_one() -> None:
    asked, answer = play(
        execution.execute(request('mutation { a: deleteBook(id: "b1") b: deleteBook(id: "b2") }')),
        [{"_seq_no": 8, "_primary_term": 2}],
        problems.gone(),
    )
    assert asked == [[Call("delete", {"index": INDEX, "id": book_id})] for book_id in ("b1", "b2")]
    assert (answer["data"], answer["errors"][0]["extensions"]) == ({"a": "b1", "b": None}, {"code": "UNAVAILABLE"})


def test_a_fault_of_our_own_is_not_told_to_the_client() -> None:
    refused = {"status": 400, "error": "parsing"}
    with pytest.raises(RuntimeError):
        play(execution.execute(request("{ books { total } }")), [{"responses": [refused]}])


def test_a_document_that_doubles_itself_is_measured_and_not_spread_out() -> None:
    doubling = "".join(f"fragment F{i} on Book {{ ...F{i + 1} ...F{i + 1} }} " for i in range(90))
    with pytest.raises(GraphQLError, match="limit of 300 for fields"):
        documents.parsed(f"{{ book(id: 1) {{ ...F0 }} }} {doubling} fragment F90 on Book {{ id }}")


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        ("{" + "a {" * 11 + "a" + "}" * 12, "10 for depth"),
        ("{ ...F } fragment F on Query {" + "a: b " * 21 + "}", "20 for aliases"),
        ("{ ... {" + "a " * 301 + "} }", "300 for fields"),
        ("{" + "a " * 1000 + "}", "1000 tokens"),
    ],
)
def test_a_limit_is_named(document: str, limit: str) -> None:
    with pytest.raises(GraphQLError, match=limit):
        documents.parsed(document)
