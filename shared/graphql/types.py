"""The types of the GraphQL schema: the client's view, filled before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.experimental import pydantic

from shared import books, highlights, operations, queries
from shared.es_responses import Hit
from shared.graphql.lookahead import Relation

T = TypeVar("T")


@strawberry.enum(description="The order of found books.")
class Sort(Enum):
    RELEVANCE = "relevance"
    YEAR = "year"
    RATING = "rating"
    TITLE = "title"


@strawberry.type(description="Fragments, as safe HTML, with the words of a search marked; empty outside a search.")
class Highlight:
    title: list[str]
    summary: list[str]


@strawberry.type
class Author:
    name: str
    related: strawberry.Private[Mapping[Relation, list[Book]]]

    @strawberry.field(description="The newest books of this author.")
    def books(self, size: int = queries.ByAuthor().size) -> list[Book]:
        return self.related[Relation("author", size)]


@strawberry.type
class Book:
    id: strawberry.ID
    title: str
    genre: str
    year: int
    rating: float
    summary: str
    tags: list[str]
    highlight: Highlight
    version: str = strawberry.field(
        description="The version that updateBook and deleteBook expect; each change makes a new one."
    )
    author_name: strawberry.Private[str]
    related: strawberry.Private[dict[Relation, list[Book]]]

    @strawberry.field
    def author(self) -> Author:
        return Author(name=self.author_name, related=self.related)

    @strawberry.field(description="The books that share the most distinctive words with this one.")
    def similar(self, size: int = queries.Similar().size) -> list[Book]:
        return self.related[Relation("similar", size)]


def book_of(fields: Mapping[str, Any], version: str, highlight: Mapping[str, list[str]]) -> Book:
    """A book whose relations are not filled in yet."""
    own = {name: value for name, value in fields.items() if name != "author"}
    shown = Highlight(title=highlight.get("title", []), summary=highlight.get("summary", []))
    return Book(**own, highlight=shown, version=version, author_name=fields["author"], related={})


def book_found(hit: Hit) -> Book:
    """A book from a hit that has its version."""
    return book_of(books.from_hit(hit), operations.version(hit), highlights.shown(hit))


@strawberry.type(description="The number of books that have a value.")
class Count(Generic[T]):
    value: T
    count: int


@strawberry.type(description="The found books by genre and decade; a decade's value is its first year.")
class Facets:
    genre: list[Count[str]]
    decade: list[Count[int]]


@strawberry.type(description="A page of the books found.")
class BookPage:
    total: int
    page: int
    size: int
    items: list[Book]
    facets: Facets


@strawberry.type
class Totals:
    books: int
    authors: int
    average_rating: float | None


@strawberry.type(description="The whole library at a glance.")
class Dashboard:
    totals: Totals
    genres: list[Count[str]]
    decades: list[Count[int]]
    top_rated: list[Book]
    newest: list[Book]
    ratings: list[Count[float]]


@pydantic.input(model=books.Draft, all_fields=True)
class BookInput:
    """The new content of a book."""


@pydantic.input(model=books.NewBook, all_fields=True)
class NewBookInput:
    """A book to store, under the client's id or an id that the service makes."""
