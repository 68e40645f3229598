"""The shapes of the answers, as the description of the service tells them; a test holds the real ones to it."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from shared.books import IdentifiedBook
from shared.graphql.execution import CODES

T = TypeVar("T")


class Book(IdentifiedBook):
    """A book."""


class FoundBook(Book):
    """A book as a search finds it, with fragments of safe HTML in which its words are marked."""

    highlight: dict[Literal["title", "summary"], list[str]]


class Count(BaseModel, Generic[T]):
    """How many books have a value; a decade is told by its first year."""

    value: T
    count: int


class Facets(BaseModel):
    """How the books found spread."""

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
    """Books that are like one, the most alike first."""

    items: list[Book]


class Totals(BaseModel):
    """The whole library in three numbers."""

    books: int
    authors: int
    average_rating: float | None


class Dashboard(BaseModel):
    """Six questions in one answer."""

    totals: Totals
    genres: list[Count[str]]
    decades: list[Count[int]]
    top_rated: list[Book]
    newest: list[Book]
    ratings: list[Count[float]]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class Ready(BaseModel):
    """Elasticsearch answers, and holds books."""

    status: Literal["ready"]
    books: int


class Fault(BaseModel):
    """A field that was refused, and why."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class GraphQLKind(BaseModel):
    """The kind of a GraphQL error, and each field that was refused where there are such."""

    code: Annotated[str, Field(json_schema_extra={"enum": sorted(set(CODES.values()))})]
    errors: list[Fault] = []


class GraphQLFault(BaseModel):
    """An error as GraphQL has it."""

    message: str
    locations: list[dict[Literal["line", "column"], int]] = []
    path: list[str | int] = []
    extensions: GraphQLKind


class GraphQLAnswer(BaseModel):
    """What was asked for, and what failed; a document that was refused has no data."""

    data: dict[str, Any] | None = None
    errors: list[GraphQLFault] = []
