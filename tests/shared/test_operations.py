"""Operations, driven by hand: what they ask, and what they make of the answers. No server, no client."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from shared import operations, problems
from shared.books import INDEX, Draft, NewBook, document
from shared.operations import Call, Operation, Stored
from shared.queries import Search

BOOK: dict[str, Any] = {
    "title": "The Twins",
    "author": "A. Writer",
    "genre": "essay",
    "year": 1999,
    "rating": 4.5,
    "summary": "Two services do the same job.",
    "tags": ["pair"],
}
HIT = {"_id": "b1", "_seq_no": 7, "_primary_term": 2, "_source": BOOK}
READ = {"id": "b1", **BOOK}


def answer(operation: Operation[Any], *responses: object) -> Any:
    """Start an operation, send it the responses in turn (a Problem is thrown), and return its last word."""
    step = next(operation)
    try:
        for response in responses:
            step = operation.throw(response) if isinstance(response, Exception) else operation.send(response)
    except StopIteration as done:
        return done.value
    return step


def test_a_book_is_read_with_its_version() -> None:
    operation = operations.get_book("b1")
    assert next(operation) == Call("get", {"index": INDEX, "id": "b1"})
    assert answer(operations.get_book("b1"), HIT) == Stored(READ, "7-2")


@pytest.mark.parametrize("book_id", ["", "a/b", "../x", "x" * 129, "é", "-a", "a b", "\x00"])
def test_what_can_be_no_id_costs_no_call(book_id: str) -> None:
    with pytest.raises(problems.NotFound):
        next(operations.get_book(book_id))


def test_a_missing_book_is_named() -> None:
    with pytest.raises(problems.NotFound, match="There is no book with the id b1"):
        answer(operations.get_book("b1"), problems.NotFound(""))


def test_a_search_without_words_matches_everything() -> None:
    call = next(operations.search(Search()))
    assert isinstance(call, Call)
    assert call.kwargs["query"] == {"bool": {"must": {"match_all": {}}, "filter": []}}
    assert (call.kwargs["from_"], call.kwargs["size"]) == (0, 10)


def test_a_search_takes_words_as_words_and_filters_exactly() -> None:
    query = Search(
        q='year:1999 OR "x" *', genre="essay", author="A. Writer", year_from=1990, year_to=1999, page=3, size=5
    )
    call = next(operations.search(query))
    assert isinstance(call, Call)
    words = call.kwargs["query"]["bool"]["must"]["multi_match"]
    assert (words["query"], words["operator"]) == (query.q, "and")
    assert call.kwargs["query"]["bool"]["filter"] == [
        {"term": {"normal.genre": "essay"}},
        {"term": {"normal.author": "A. Writer"}},
        {"range": {"year": {"gte": 1990, "lte": 1999}}},
    ]
    assert (call.kwargs["from_"], call.kwargs["size"]) == (10, 5)


def test_searches_and_filters_take_normal_forms() -> None:
    call = next(operations.search(Search(q="Cafe\u0301 ship\u200e", genre="Me\u0301moire", author="O’Neil")))
    assert isinstance(call, Call)
    query = call.kwargs["query"]["bool"]
    assert query["must"]["multi_match"]["query"] == "Café ship"
    assert query["filter"] == [{"term": {"normal.genre": "Mémoire"}}, {"term": {"normal.author": "O'Neil"}}]


def test_words_of_nothing_visible_are_no_words() -> None:
    assert next(operations.search(Search(q="\u200e "))) == next(operations.search(Search()))


def test_equal_genres_are_counted_together_as_the_frequent_one_is_spelt() -> None:
    spellings = [("Essay", 5), ("Me\u0301moire", 4), ("Mémoire", 3), ("MÉMOIRE", 1)]
    buckets = [{"key": key, "doc_count": count} for key, count in spellings]
    found = {
        "hits": {"total": {"value": 13}, "hits": []},
        "aggregations": {"genre": {"buckets": buckets}, "decade": {"buckets": []}},
    }
    assert answer(operations.search(Search()), found)["facets"]["genre"] == [
        {"value": "Me\u0301moire", "count": 8},
        {"value": "Essay", "count": 5},
    ]


@pytest.mark.parametrize("partial", [{"_shards": {"failed": 1}}, {"timed_out": True}])
def test_a_part_of_the_answer_is_none(partial: dict[str, Any]) -> None:
    with pytest.raises(problems.Unavailable):
        answer(operations.similar_books("b1", 3), HIT, {"hits": {"hits": [HIT]}} | partial)
    with pytest.raises(problems.Unavailable):
        answer(operations.readiness(), {"count": 7} | partial)


def test_a_page_of_results() -> None:
    found = {
        "hits": {"total": {"value": 1}, "hits": [HIT | {"highlight": {"normal.title": ["The <mark>Twins</mark>"]}}]},
        "aggregations": {
            "genre": {"buckets": [{"key": "essay", "doc_count": 1}]},
            "decade": {"buckets": [{"key": 1990.0, "doc_count": 1}]},
        },
    }
    assert answer(operations.search(Search(q="twins")), found) == {
        "total": 1,
        "page": 1,
        "size": 10,
        "items": [READ | {"highlight": {"title": ["The <mark>Twins</mark>"]}}],
        "facets": {"genre": [{"value": "essay", "count": 1}], "decade": [{"value": 1990, "count": 1}]},
    }


def test_a_book_is_created_under_its_own_id() -> None:
    operation = operations.create_book(NewBook(id="b1", **BOOK))
    assert next(operation) == Call(
        "create", {"index": INDEX, "id": "b1", "document": document(BOOK), "require_alias": True}
    )
    written = {"_seq_no": 0, "_primary_term": 1}
    assert answer(operations.create_book(NewBook(id="b1", **BOOK)), written) == Stored(READ, "0-1")


def test_a_book_without_an_id_gets_one() -> None:
    first, second = (next(operations.create_book(NewBook(**BOOK))) for _ in range(2))
    assert isinstance(first, Call)
    assert isinstance(second, Call)
    assert first.kwargs["id"] != second.kwargs["id"]


def test_an_id_that_is_taken() -> None:
    with pytest.raises(problems.Conflict, match="b1"):
        answer(operations.create_book(NewBook(id="b1", **BOOK)), problems.Conflict(""))


def test_an_update_is_bound_to_the_version_that_was_read() -> None:
    call = answer(operations.update_book("b1", Draft(**BOOK), {"7-2"}), HIT)
    version = {"if_seq_no": 7, "if_primary_term": 2}
    assert call == Call(
        "index", {"index": INDEX, "id": "b1", "document": document(BOOK), "require_alias": True, **version}
    )


def test_an_update_must_say_which_version() -> None:
    with pytest.raises(problems.PreconditionRequired):
        next(operations.update_book("b1", Draft(**BOOK), set()))


def writes(if_match: set[str]) -> list[Generator[Any, Any, Any]]:
    return [operations.update_book("b1", Draft(**BOOK), if_match), operations.delete_book("b1", if_match)]


@pytest.mark.parametrize("operation", writes({"6-2"}), ids=["update", "delete"])
def test_a_write_to_another_version_is_refused(operation: Operation[Any]) -> None:
    with pytest.raises(problems.PreconditionFailed):
        answer(operation, HIT)


@pytest.mark.parametrize("operation", writes({"7-2"}), ids=["update", "delete"])
def test_a_write_that_lost_a_race_is_refused(operation: Operation[Any]) -> None:
    with pytest.raises(problems.PreconditionFailed):
        answer(operation, HIT, problems.Conflict(""))


def test_a_delete_without_a_version_is_one_call() -> None:
    assert next(operations.delete_book("b1", set())) == Call("delete", {"index": INDEX, "id": "b1"})


def test_neighbours_are_asked_for_after_the_book_is_found() -> None:
    operation = operations.similar_books("b1", 3)
    assert next(operation) == Call("get", {"index": INDEX, "id": "b1"})
    call = operation.send(HIT)
    assert isinstance(call, Call)
    assert call.kwargs["query"]["more_like_this"]["like"] == {"_index": INDEX, "_id": "b1"}
    assert answer(operations.similar_books("b1", 3), HIT, {"hits": {"hits": [HIT]}}) == {"items": [READ]}


def test_the_dashboard_is_one_list_of_six_calls() -> None:
    wanted = next(operations.dashboard())
    assert isinstance(wanted, list)
    assert [call.method for call in wanted] == ["search"] * 6


def test_what_an_operation_does_not_expect_passes_through() -> None:
    with pytest.raises(problems.TooSlow):
        answer(operations.dashboard(), problems.too_slow())
