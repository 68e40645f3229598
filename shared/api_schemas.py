"""The schemas of the responses, as the service's OpenAPI description gives them; a test compares real responses."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from shared.books import Draft, Id
from shared.graphql.execution import CODES

T = TypeVar("T")


class Identified(BaseModel):
    """What has an id."""

    id: Id


class Book(Draft, Identified):  # the last base's fields come first
    """A book."""


class FoundBook(Book):
    """A book found by a search, with fragments of safe HTML that mark the words of the search."""

    highlight: dict[Literal["title", "summary"], list[str]]


class Count(BaseModel, Generic[T]):
    """The number of books that have a value; a decade's value is its first year."""

    value: T
    count: int


class Facets(BaseModel):
    """The found books by genre and by decade."""

    genre: list[Count[str]]
    decade: list[Count[int]]


class Page(BaseModel):
    """A page of the books found."""

    total: int
    page: int
    size: int
    items: list[FoundBook]
    facets: Facets


class Neighbours(BaseModel):
    """Books similar to one book, the most similar first."""

    items: list[Book]


class Totals(BaseModel):
    """The whole library in three numbers."""

    books: int
    authors: int
    average_rating: float | None


class Dashboard(BaseModel):
    """The results of six searches."""

    totals: Totals
    genres: list[Count[str]]
    decades: list[Count[int]]
    top_rated: list[Book]
    newest: list[Book]
    ratings: list[Count[float]]


class Alive(BaseModel):
    """The process responds."""

    status: Literal["alive"]


class Ready(BaseModel):
    """Elasticsearch responds and holds books."""

    status: Literal["ready"]
    books: int


class Fault(BaseModel):
    """A refused field, and the reason."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """Problem details, as RFC 9457 defines them."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class GraphQLKind(BaseModel):
    """The code of a GraphQL error, and each refused field if any."""

    code: Annotated[str, Field(json_schema_extra={"enum": sorted(set(CODES.values()))})]
    errors: list[Fault] = []


class GraphQLFault(BaseModel):
    """An error, as GraphQL defines it."""

    message: str
    locations: list[dict[Literal["line", "column"], int]] = []
    path: list[str | int] = []
    extensions: GraphQLKind


class GraphQLResponse(BaseModel):
    """The requested data and the errors; a refused document has no data."""

    data: dict[str, Any] | None = None
    errors: list[GraphQLFault] = []
