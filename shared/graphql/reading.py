"""The operations behind the root fields: the API's operations, then the wanted relations level by level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from strawberry import ID

from shared import operations
from shared.books import Draft, NewBook
from shared.graphql.lookahead import Relation, Wanted
from shared.graphql.types import Book, BookPage, Count, Dashboard, Facets, Totals, book_found, book_of
from shared.operations import Call, Operation, Stored
from shared.queries import Search


def book(book_id: str, wanted: Wanted) -> Operation[Book]:
    """Raises NotFound."""
    return (yield from _with_relations(operations.get_book(book_id), wanted))


def create_book(new: NewBook, wanted: Wanted) -> Operation[Book]:
    """Raises Conflict."""
    return (yield from _with_relations(operations.create_book(new), wanted))


def update_book(book_id: str, version: str, draft: Draft, wanted: Wanted) -> Operation[Book]:
    """Raises PreconditionFailed, NotFound."""
    return (yield from _with_relations(operations.update_book(book_id, draft, [version]), wanted))


def delete_book(book_id: ID, version: str | None) -> Operation[ID]:
    """Delete a book; returns its id. Raises PreconditionFailed, NotFound."""
    yield from operations.delete_book(book_id, [] if version is None else [version])
    return book_id


def books(query: Search, wanted: Wanted) -> Operation[BookPage]:
    """A page of a search."""
    page = yield from operations.search(query, book_found)
    yield from relate([(book, wanted) for book in page["items"]])
    facets = {name: _counts(buckets) for name, buckets in page.pop("facets").items()}
    return BookPage(**page, facets=Facets(**facets))


def dashboard(top_rated: Wanted, newest: Wanted) -> Operation[Dashboard]:
    """The results of the dashboard's six searches; its two lists of books may want different relations."""
    board = yield from operations.dashboard(book_found)
    yield from relate([(book, top_rated) for book in board["top_rated"]] + [(book, newest) for book in board["newest"]])
    counts = {name: _counts(board.pop(name)) for name in ("genres", "decades", "ratings")}
    return Dashboard(**board | counts | {"totals": Totals(**board["totals"])})


@dataclass(frozen=True)
class _Question:
    """A relation of one book, or of all books of one author."""

    relation: Relation
    subject: str

    def call(self) -> Call:
        ask = operations.neighbours if self.relation.kind == "similar" else operations.books_of_author
        return ask(self.subject, self.relation.size)


def relate(level: list[tuple[Book, Wanted]]) -> Operation[None]:
    """Fill in the wanted relations of each book, one level of the document at a time. Each relation is fetched once."""
    while askers := _askers(level):
        responses = yield [question.call() for question in askers]
        level = []
        for (question, asking), found in zip(askers.items(), responses, strict=True):
            for book, deeper in asking:
                book.related[question.relation] = operations.books_found(found, book_found)
                level += [(other, deeper) for other in book.related[question.relation]]


def _askers(level: Iterable[tuple[Book, Wanted]]) -> Mapping[_Question, list[tuple[Book, Wanted]]]:
    askers = defaultdict(list)
    for book, wanted in level:
        for relation, deeper in wanted.items():
            subject = book.id if relation.kind == "similar" else book.author_name
            askers[_Question(relation, subject)].append((book, deeper))
    return askers


def _with_relations(operation: Operation[Stored], wanted: Wanted) -> Operation[Book]:
    stored = yield from operation
    book = book_of(stored.book, stored.version, {})
    yield from relate([(book, wanted)])
    return book


def _counts(buckets: Iterable[Mapping[str, Any]]) -> list[Count[Any]]:
    return [Count(**bucket) for bucket in buckets]
