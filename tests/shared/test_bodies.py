"""Bodies and queries on their way to values: how deep they may be nested, and in which words they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from shared import bodies, problems
from shared.books import Draft
from shared.graphql.execution import GraphQLRequest
from shared.queries import Search
from tests.shared.test_operations import BOOK


class Anything(BaseModel):
    value: Any


def nested(depth: int) -> bytes:
    """A body with lists in an object, `depth` nests in all."""
    return b'{"value": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_the_deepest_body_is_read() -> None:
    assert bodies.parse(nested(bodies.MAX_DEPTH), Anything)


@pytest.mark.parametrize("depth", [bodies.MAX_DEPTH + 1, 950, 1_000, 100_000])
def test_a_deeper_one_is_malformed_whatever_the_parser_bears(depth: int) -> None:
    with pytest.raises(problems.Malformed, match="nested more than 100 deep"):
        bodies.parse(nested(depth), Anything)


def test_brackets_in_a_text_are_no_nests() -> None:
    assert bodies.parse(b'{"value": "' + b"[{" * 1_000 + b'"}', Anything)


@pytest.mark.parametrize(
    ("model", "value", "expected"),
    [
        (Draft, BOOK | {"title": "x" * 301}, {"title": "String should have at most 300 characters"}),
        (Draft, BOOK | {"summary": "x" * 20_001}, {"summary": "String should have at most 20000 characters"}),
        (Draft, BOOK | {"tags": ["x" * 101]}, {"tags.0": "String should have at most 100 characters"}),
        (Draft, BOOK | {"author": " "}, {"author": "must not be blank"}),
        (Search, {"q": "x" * 1_001}, {"q": "String should have at most 1000 characters"}),
        (GraphQLRequest, {"query": "x" * 10_001}, {"query": "String should have at most 10000 characters"}),
    ],
)
def test_a_text_is_refused_in_words_about_texts(
    model: type[BaseModel], value: dict[str, Any], expected: dict[str, str]
) -> None:
    with pytest.raises(problems.Invalid) as refused:
        bodies.validate(value, model)
    assert {fault["field"]: fault["message"] for fault in refused.value.errors} == expected


@pytest.mark.parametrize(
    ("model", "value", "field"),
    [
        (Draft, BOOK | {"title": "\ud800"}, "title"),
        (Draft, BOOK | {"tags": ["\ud800"]}, "tags.0"),
        (Search, {"genre": "\ud800"}, "genre"),
        (GraphQLRequest, {"query": "\ud800"}, "query"),
        (GraphQLRequest, {"query": "{ a }", "operationName": "\ud800"}, "operationName"),
        (GraphQLRequest, {"query": "{ a }", "variables": {"a": ["\ud800"]}}, "variables"),
    ],
)
def test_what_utf_8_can_not_encode_is_refused(model: type[BaseModel], value: dict[str, Any], field: str) -> None:
    with pytest.raises(problems.Invalid) as refused:
        bodies.validate(value, model)
    assert [fault["field"] for fault in refused.value.errors] == [field]
