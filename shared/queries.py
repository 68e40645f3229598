"""The parameters that a client may give in a URL's query."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

MAX_RESULT_WINDOW = 10_000
"""The limit of Elasticsearch's paging (its index.max_result_window)."""

Sort = Literal["relevance", "year", "rating", "title"]
Year = Annotated[int, Field(ge=-9999, le=9999)]


class Search(BaseModel):
    """A search: words that a book must all contain, filters, an order and a page."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    q: Annotated[str, Field(max_length=1000)] = ""
    genre: Annotated[str, Field(max_length=100)] | None = None
    author: Annotated[str, Field(max_length=200)] | None = None
    year_from: Year | None = None
    year_to: Year | None = None
    sort: Sort = "relevance"
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 10

    @field_validator("year_to")
    @classmethod
    def _not_before_the_first(cls, year: int | None, earlier: ValidationInfo) -> int | None:
        first = earlier.data.get("year_from")
        if year is not None and first is not None and year < first:
            raise PydanticCustomError("years", "the last year must not be before the first")
        return year

    @field_validator("size")
    @classmethod
    def _within_the_window(cls, size: int, earlier: ValidationInfo) -> int:
        if earlier.data.get("page", 1) * size > MAX_RESULT_WINDOW:
            message = "page × size may be {most} at most: narrow the search instead"
            raise PydanticCustomError("depth", message, {"most": MAX_RESULT_WINDOW})
        return size


class Similar(BaseModel):
    """The number of neighbours of a book."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=1, le=50)] = 5


class ByAuthor(BaseModel):
    """The number of books of an author."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(ge=1, le=50)] = 10
