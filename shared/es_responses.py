"""Elasticsearch's responses, as far as the service reads them; a response of another shape is refused.

A reader returns the parts that the service needs, or raises Unavailable. Values that GraphQL gives as Int have Int's
bounds.
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
"""Text that can be sent on: pydantic refuses lone surrogates in any text with a limit of length."""

Count = Annotated[int, Field(ge=0, lt=2**31)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Decade = Annotated[float, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Rating = Annotated[float, Field(ge=0, le=MOST_STARS)]


class Source(TypedDict):
    """A stored book."""

    title: Text
    author: Text
    genre: Text
    year: Year
    rating: Rating
    summary: Text
    tags: list[Text]


Highlights = dict[Literal["normal.title", "normal.summary"], Annotated[list[Text], Field(min_length=1)]]
"""The fragments of normal forms that contain words of a search, by field."""


class Written(TypedDict):
    """A document after a write, with its version."""

    _seq_no: int
    _primary_term: int


class Hit(TypedDict):
    """A book, with its version if the request wanted it."""

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
    """The number of shards that failed: unless it is zero, results are missing."""

    failed: Literal[0]


class Whole(TypedDict):
    """A response from the whole index. One from a part of the index is refused, even with status 200."""

    _shards: NotRequired[Shards]
    timed_out: NotRequired[Literal[False]]


class Found(Whole):
    """The response to a search for books."""

    hits: Hits


class Genres(TypedDict):
    genre: Buckets[Text]


class Decades(TypedDict):
    decade: Buckets[Decade]


class Ratings(TypedDict):
    rating: Buckets[Rating]


class Facets(Genres, Decades):
    """The found books by genre and by decade."""


class Page(Whole):
    """The response to a search for books, with the counts by genre and decade."""

    hits: CountedHits
    aggregations: Facets


class Figures(TypedDict):
    authors: Value[Count]
    average_rating: Value[Rating | None]


class Totals(Whole):
    hits: CountedHits
    aggregations: Figures


class Summary(Whole, Generic[T]):
    """All books by genre, decade and rating."""

    aggregations: T


class Counted(Whole):
    """The first books of all, and how many there are."""

    hits: CountedHits


class Documents(TypedDict):
    """The response to an mget: a response for each document."""

    docs: list[dict[str, Any]]


class Responses(TypedDict):
    """The response to an msearch: a response for each search."""

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
