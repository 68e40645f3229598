"""The books: their fields and limits, and the forms in which clients see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.text import normal

INDEX = "twinlab-books"
"""The alias of the books' index in Elasticsearch."""

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}"
"""Ids need no escaping and no normalising in a URL: unreserved characters of RFC 3986, at most 128."""

_is_id = re.compile(ID_PATTERN).fullmatch


def is_id(text: str) -> bool:
    """Whether a book may have this id. No other id can be in Elasticsearch."""
    return _is_id(text) is not None


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


FIRST_YEAR, LAST_YEAR = -3000, 2200
MOST_STARS = 5

NOT_BLANK = AfterValidator(_not_blank)
"""Goes after a limit of length, which would otherwise limit items."""

Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$", description="letters, digits and . _ ~ -, at most 128")]


class Draft(BaseModel):
    """A book as a client writes it. Unknown fields and values of another type are refused, never dropped or coerced.

    For a text with a limit of length, pydantic also refuses lone surrogates, which UTF-8 can't encode.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: Annotated[str, Field(max_length=300), NOT_BLANK]
    author: Annotated[str, Field(max_length=200), NOT_BLANK]
    genre: Annotated[str, Field(max_length=100), NOT_BLANK]
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    rating: Annotated[float, Field(ge=0, le=MOST_STARS, allow_inf_nan=False, description="0 to 5")]
    summary: Annotated[str, Field(max_length=20_000)]
    tags: Annotated[list[Annotated[str, Field(max_length=100), NOT_BLANK]], Field(max_length=50)] = []


class NewBook(Draft):
    """A book to store, under the client's id or an id that the service makes."""

    id: Id | None = None


class IdentifiedBook(Draft):
    """A book with its id: a line of a corpus."""

    id: Id


def source(book: Draft) -> dict[str, Any]:
    """Every field except the id, which Elasticsearch keeps beside it."""
    return book.model_dump(exclude={"id"})


_NORMALISED = ("title", "author", "genre", "tags", "summary")


def document(source: Mapping[str, Any]) -> dict[str, Any]:
    """The document to store: the fields as the client sent them, and their normal forms. Searches use the normal
    forms only."""
    forms = {name: _normal_form(source[name]) for name in _NORMALISED if name in source}
    return {**source, "normal": forms}


def _normal_form(value: str | list[str]) -> str | list[str]:
    return normal(value) if isinstance(value, str) else [normal(text) for text in value]


def from_hit(hit: Mapping[str, Any]) -> dict[str, Any]:
    """A book as clients read it, from a document (`_id`, `_source`) that was validated when it was stored."""
    return {"id": hit["_id"], **hit["_source"]}
