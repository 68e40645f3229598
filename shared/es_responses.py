"""What Elasticsearch answers, as far as the service reads it: an answer of another shape is not taken for its own.

A reader gives the parts that the service needs, or raises Unavailable. What GraphQL tells as an Int is bounded as that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # typing's own is not enough for pydantic before Python 3.12

from shared import problems
from shared.books import FIRST_YEAR, LAST_YEAR, MOST_STARS

T = TypeVar("T")

Text = Annotated[str, Field(min_length=0)]
"""Text that can be sent on: with a limit of length, whatever it is, pydantic refuses lone surrogates."""

Count = Annotated[int, Field(ge=0, lt=2**31)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Decade = Annotated[float, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Rating = Annotated[float, Field(ge=0, le=MOST_STARS)]


class Source(TypedDict):
    """A book as it is stored."""

    title: Text
    author: Text
    genre: Text
    year: Year
    rating: Rating
    summary: Text
    tags: list[Text]


Highlights = dict[Literal["normal.title", "normal.summary"], Annotated[list[Text], Field(min_length=1)]]
"""The fragments of normal forms that hold words of a search, by field."""


class Written(TypedDict):
    """A document after a write: its version."""

    _seq_no: int
    _primary_term: int


class Hit(TypedDict):
    """A book, with its version where that was asked for."""

    _id: Text
    _source: Source
    _seq_no: NotRequired[int]
    _primary_term: NotRequired[int]
    highlight: NotRequired[Highlights]


class Value(TypedDict, Generic[T]):
    value: T


class Bucket(TypedDict, Generic[T]):
    key: T
    doc_count: Count


class Buckets(TypedDict, Generic[T]):
    buckets: list[Bucket[T]]


class Hits(TypedDict):
    hits: list[Hit]


class CountedHits(Hits):
    total: Value[Count]


class Shards(TypedDict):
    """How many parts of the index failed: none, or what was found is not all."""

    failed: Literal[0]


class Whole(TypedDict):
    """An answer from the whole index. One from a part of it, with status 200 too, is not taken."""

    _shards: NotRequired[Shards]
    timed_out: NotRequired[Literal[False]]


class Found(Whole):
    """The answer to a search for books."""

    hits: Hits


class Genres(TypedDict):
    genre: Buckets[Text]


class Decades(TypedDict):
    decade: Buckets[Decade]


class Ratings(TypedDict):
    rating: Buckets[Rating]


class Facets(Genres, Decades):
    """How the books found spread."""


class Page(Whole):
    """The answer to a search for books and how they spread."""

    hits: CountedHits
    aggregations: Facets


class Figures(TypedDict):
    authors: Value[Count]
    average_rating: Value[Rating | None]


class Totals(Whole):
    hits: CountedHits
    aggregations: Figures


class Summary(Whole, Generic[T]):
    """How all books spread."""

    aggregations: T


class Counted(Whole):
    count: Count


class Documents(TypedDict):
    """The answer to an mget, of which each part is an answer."""

    docs: list[dict[str, Any]]


class Responses(TypedDict):
    """The answer to an msearch, of which each part is an answer."""

    responses: list[dict[str, Any]]


def _reader(shape: type[T]) -> Callable[[object], T]:
    validate = TypeAdapter(shape).validator.validate_python

    def read(response: object) -> T:
        try:
            parts: T = validate(response, strict=True)
        except ValidationError as error:
            raise problems.gone() from error
        return parts

    return read


read_hit = _reader(Hit)
read_written = _reader(Written)
read_found = _reader(Found)
read_page = _reader(Page)
read_totals = _reader(Totals)
read_genres = _reader(Summary[Genres])
read_decades = _reader(Summary[Decades])
read_ratings = _reader(Summary[Ratings])
read_counted = _reader(Counted)
read_documents = _reader(Documents)
read_responses = _reader(Responses)
