"""Every request that the service makes to Elasticsearch, as a generator that does no I/O.

An operation yields the calls that it needs and is sent their responses; whoever runs it (a twin's driver, or a test
with `next` and `send`) does the waiting. A call that fails is thrown into it as a Problem. A list of calls holds calls
that don't depend on each other: how it fans out, in turn, together or as one msearch, is the driver's affair, by the
setting `fan_out`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared import es_responses, highlights, problems
from shared.books import INDEX, Draft, NewBook, document, from_hit, is_id, source
from shared.es_responses import Buckets, Decades, Genres, Hit, Totals, Written
from shared.queries import Search
from shared.text import normal

T = TypeVar("T")

HIGHLIGHT = {
    "encoder": "html",
    "pre_tags": ["<mark>"],
    "post_tags": ["</mark>"],
    "fields": {"normal.title": {"number_of_fragments": 0}, "normal.summary": {"number_of_fragments": 2}},
}
SORTS: Mapping[str, list[dict[str, str]]] = {
    "relevance": [{"_score": "desc"}, {"normal.title.sort": "asc"}],
    "year": [{"year": "desc"}, {"normal.title.sort": "asc"}],
    "rating": [{"rating": "desc"}, {"normal.title.sort": "asc"}],
    "title": [{"normal.title.sort": "asc"}, {"year": "desc"}],
}
GENRES = {"terms": {"field": "genre", "size": 50}}
DECADES = {"histogram": {"field": "year", "interval": 10, "min_doc_count": 1}}
RATINGS = {"histogram": {"field": "rating", "interval": 0.5, "min_doc_count": 0}}
LISTED = 5
"""The number of books in each list of the dashboard."""

READS = frozenset({"get", "mget", "msearch", "search"})
"""The client's methods that only read, whatever HTTP method they use. Any other method counts as a write."""


@dataclass(frozen=True)
class Call:
    """A method of the Elasticsearch client, by its name, with its arguments."""

    method: str
    kwargs: Mapping[str, Any]

    @property
    def only_reads(self) -> bool:
        return self.method in READS


Operation = Generator[Call | list[Call], Any, T]


@dataclass(frozen=True)
class Stored:
    """A book as clients read it, and its version in Elasticsearch (`seq_no-primary_term`)."""

    book: dict[str, Any]
    version: str

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


Read = Callable[[Hit], Any]
"""Makes a book from a hit, in the form that an operation returns."""


def with_highlight(hit: Hit) -> dict[str, Any]:
    """A found book, with the fragments that contain words of the search."""
    return from_hit(hit) | {"highlight": highlights.shown(hit)}


def search(query: Search, read: Read = with_highlight) -> Operation[dict[str, Any]]:
    """A page of books with its facets, as `GET /api/books` returns it."""
    found = es_responses.read_page((yield _page(query)))
    return {
        "total": found["hits"]["total"]["value"],
        "page": query.page,
        "size": query.size,
        "items": [read(hit) for hit in found["hits"]["hits"]],
        "facets": {"genre": _genres(found["aggregations"]), "decade": _decades(found["aggregations"])},
    }


def get_book(book_id: str) -> Operation[Stored]:
    """Raises NotFound."""
    hit = yield from _get(book_id)
    return Stored(from_hit(hit), version(hit))


def create_book(book: NewBook) -> Operation[Stored]:
    """Store a book. Raises Conflict when the client's own id is taken."""
    book_id = book.id or uuid.uuid4().hex
    try:
        written = yield _write("create", book_id, book)
    except problems.Conflict as conflict:
        raise problems.Conflict(f"There is a book with the id {book_id} already.") from conflict
    return _stored(book_id, book, written)


def update_book(book_id: str, book: Draft, if_match: Collection[str]) -> Operation[Stored]:
    """Replace a book that has one of these versions. Raises PreconditionRequired, PreconditionFailed, NotFound."""
    if not if_match:
        raise problems.PreconditionRequired("Say which version you change: If-Match with the ETag that you read.")
    expected = yield from _expect(book_id, if_match)
    try:
        written = yield _write("index", book_id, book, **expected)
    except problems.Conflict as conflict:
        raise _changed() from conflict
    return _stored(book_id, book, written)


def delete_book(book_id: str, if_match: Collection[str]) -> Operation[None]:
    """Delete a book, only if it has one of the versions when any are given. Raises PreconditionFailed, NotFound."""
    expected = (yield from _expect(book_id, if_match)) if if_match else {}
    try:
        es_responses.read_written((yield Call("delete", {"index": INDEX, "id": _checked(book_id), **expected})))
    except problems.Conflict as conflict:
        raise _changed() from conflict
    except problems.NotFound as missing:
        raise _no_book(book_id) from missing


def similar_books(book_id: str, size: int) -> Operation[dict[str, Any]]:
    """The `size` books that share the most distinctive words with this one. Raises NotFound."""
    yield from _get(book_id)
    found = yield neighbours(book_id, size)
    return {"items": books_found(found)}


def book_with_neighbours(book_id: str, size: int) -> Operation[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """A book and the `size` books most similar to it. Raises NotFound."""
    hit = yield from _get(book_id)
    found = yield neighbours(book_id, size)
    return from_hit(hit), books_found(found)


def neighbours(book_id: str, size: int) -> Call:
    """A search for the `size` books that share the most distinctive words with this one, which must exist."""
    alike = {
        "fields": ["normal.title", "normal.summary", "normal.tags"],
        "like": {"_index": INDEX, "_id": book_id},
        "min_term_freq": 1,
        "min_doc_freq": 2,
        "minimum_should_match": 2,
    }
    return Call("search", {"index": INDEX, "query": {"more_like_this": alike}, "size": size})


def books_of_author(name: str, size: int) -> Call:
    """A search for the newest `size` books of an author."""
    by_author = {"term": {"normal.author": normal(name)}}
    return Call("search", {"index": INDEX, "query": by_author, "sort": SORTS["year"], "size": size})


def books_found(response: object, read: Read = from_hit) -> list[Any]:
    """The books of a response to a search. Raises Unavailable when it is not one."""
    return [read(hit) for hit in es_responses.read_found(response)["hits"]["hits"]]


def dashboard(read: Read = from_hit) -> Operation[dict[str, Any]]:
    """The results of six independent searches."""
    totals, genres, decades, top_rated, newest, ratings = yield [
        _summarise(authors={"cardinality": {"field": "normal.author"}}, average_rating={"avg": {"field": "rating"}}),
        _summarise(genre=GENRES),
        _summarise(decade=DECADES),
        _first("rating"),
        _first("year"),
        _summarise(rating=RATINGS),
    ]
    return {
        "totals": _totals(es_responses.read_totals(totals)),
        "genres": _genres(es_responses.read_genres(genres)["aggregations"]),
        "decades": _decades(es_responses.read_decades(decades)["aggregations"]),
        "top_rated": books_found(top_rated, read),
        "newest": books_found(newest, read),
        "ratings": _counts(es_responses.read_ratings(ratings)["aggregations"]["rating"]),
    }


def readiness() -> Operation[dict[str, Any]]:
    """Raises Unavailable when Elasticsearch can't be reached, has no books, or has an index that is none of ours: it
    can't sort by our fields."""
    first = Call("search", {"index": INDEX, "size": 1, "sort": SORTS["title"], "track_total_hits": True})
    found = es_responses.read_counted((yield first))
    return {"status": "ready", "books": found["hits"]["total"]["value"]}


def _page(query: Search) -> Call:
    return Call(
        "search",
        {
            "index": INDEX,
            "query": _matching(query),
            "aggs": {"genre": GENRES, "decade": DECADES},
            "highlight": HIGHLIGHT,
            "sort": SORTS[query.sort],
            "from_": (query.page - 1) * query.size,
            "size": query.size,
            "track_total_hits": True,
        },
    )


def _matching(query: Search) -> dict[str, Any]:
    # The text goes into a match, which reads any text as words: query syntax has no effect.
    text = normal(query.q)
    words = {
        "query": text,
        "type": "cross_fields",
        "operator": "and",
        "fields": ["normal.title^3", "normal.author.text^2", "normal.tags", "normal.summary"],
    }
    years = {"gte": query.year_from, "lte": query.year_to}
    limits = {bound: year for bound, year in years.items() if year is not None}
    filters: list[dict[str, Any]] = [
        {"term": {f"normal.{field}": normal(value)}}
        for field, value in (("genre", query.genre), ("author", query.author))
        if value
    ]
    filters += [{"range": {"year": limits}}] if limits else []
    return {"bool": {"must": {"multi_match": words} if text.strip() else {"match_all": {}}, "filter": filters}}


def _get(book_id: str) -> Operation[Hit]:
    try:
        found = yield Call("get", {"index": INDEX, "id": _checked(book_id)})
    except problems.NotFound as missing:
        raise _no_book(book_id) from missing
    return es_responses.read_hit(found)


def _expect(book_id: str, if_match: Collection[str]) -> Operation[dict[str, int]]:
    hit = yield from _get(book_id)
    if version(hit) not in if_match:
        raise _changed()
    return {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}


def _checked(book_id: str) -> str:
    if not is_id(book_id):
        raise _no_book(book_id)
    return book_id


def _no_book(book_id: str) -> problems.NotFound:
    shown = book_id if is_id(book_id) else "of that form"
    return problems.NotFound(f"There is no book with the id {shown}.")


def _changed() -> problems.PreconditionFailed:
    return problems.PreconditionFailed("The book has another version by now: read it again, then repeat your change.")


def version(hit: Hit | Written) -> str:
    """The version of a document, which the request asked for. Raises Unavailable when the response lacks it."""
    try:
        return f"{hit['_seq_no']}-{hit['_primary_term']}"
    except KeyError as error:
        raise problems.gone() from error


def _write(method: str, book_id: str, book: Draft, **expected: int) -> Call:
    # Through the alias alone: without the books, a write must not create an index of this name.
    sent = document(source(book))
    return Call(method, {"index": INDEX, "id": book_id, "document": sent, "require_alias": True, **expected})


def _stored(book_id: str, book: Draft, written: object) -> Stored:
    return Stored({"id": book_id, **source(book)}, version(es_responses.read_written(written)))


def _totals(found: Totals) -> dict[str, Any]:
    return {
        "books": found["hits"]["total"]["value"],
        "authors": found["aggregations"]["authors"]["value"],
        "average_rating": found["aggregations"]["average_rating"]["value"],
    }


def _genres(found: Genres) -> list[dict[str, Any]]:
    """The most frequent first. Equal values, which a filter finds together, are counted under their most frequent
    spelling."""
    merged: dict[str, dict[str, Any]] = {}
    for count in _counts(found["genre"]):
        first = merged.setdefault(normal(count["value"]).lower(), count)
        if first is not count:
            first["count"] += count["count"]
    return sorted(merged.values(), key=lambda count: -count["count"])


def _decades(found: Decades) -> list[dict[str, Any]]:
    return [count | {"value": int(count["value"])} for count in _counts(found["decade"])]


def _counts(found: Buckets[Any]) -> list[dict[str, Any]]:
    return [{"value": bucket["key"], "count": bucket["doc_count"]} for bucket in found["buckets"]]


def _summarise(**aggs: Mapping[str, Any]) -> Call:
    return Call("search", {"index": INDEX, "size": 0, "aggs": aggs, "track_total_hits": True})


def _first(sort: str) -> Call:
    return Call("search", {"index": INDEX, "size": LISTED, "sort": SORTS[sort]})
