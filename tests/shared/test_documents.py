"""Documents have the same bytes, whatever library encodes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared import documents
from shared.books import MOST_STARS
from shared.openapi import document as description
from shared.settings import Json

RATINGS = st.floats(0, MOST_STARS) | st.floats(0, 1e-3)
VALUES = st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | RATINGS | st.text()
DOCUMENTS = st.dictionaries(
    st.text(),
    st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)
"""Of the values that the service responds: its schemas bound the floats, and pydantic refuses lone surrogates."""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    documents.choose("standard")


def encoded_by(library: Json, document: dict[str, Any]) -> bytes:
    documents.choose(library)
    return documents.encoded(document)


@settings(max_examples=50)
@given(DOCUMENTS)
@example({"rating": 1e-05})
@example({"rating": 9.999e-05})
@example({"rating": 1e-06})
@example({"rating": 1.5e-09})
@example({"rating": 1e-10})
@example({"rating": 5e-324})
@example({"rating": -0.0})
@example({"summary": "e-5 and 0.00001", "title": '\x00\x1f\x7f\u2028"\\/\U0001f600'})
@example({"z": 1, "a": {"c": 1, "b": []}})
def test_orjson_encodes_what_the_service_responds_as_the_standard_library(document: dict[str, Any]) -> None:
    assert encoded_by("orjson", document) == encoded_by("standard", document)


def test_the_description_of_the_service_too() -> None:
    assert encoded_by("orjson", description()) == encoded_by("standard", description())


@settings(max_examples=30)
@given(DOCUMENTS)
def test_a_document_is_one_line_of_json(document: dict[str, Any]) -> None:
    line = encoded_by("orjson", document)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == document


@pytest.mark.parametrize("library", ["standard", "orjson"])
@pytest.mark.parametrize("document", [{"title": "\ud800"}, {"\udfff": 1}])
def test_lone_surrogates_are_refused(library: Json, document: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match="surrogates"):
        encoded_by(library, document)
