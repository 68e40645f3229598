"""Both twins keep what their schemas promise, OpenAPI's and GraphQL's: requests that Schemathesis makes up from them.

`make fuzz` tries more of them than the tests do, always others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared import openapi
from shared.books import INDEX
from shared.graphql.schema import SDL
from shared.pages import is_page
from shared.settings import Twin
from tests.twins.test_equal import KNOWN
from tests.twins.test_fuzz import EXAMPLES, IS_LONG
from tests.twins.test_openapi import check

OPENAPI = schemathesis.openapi.from_dict(openapi.document())
GRAPHQL = schemathesis.graphql.from_file(SDL)
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
THEIR_OWN = {"NOT_FOUND", "INVALID", "CONFLICT"}
"""The codes of errors that clients make."""

Operation = APIOperation[Any, Any, Any, Any]

few = settings(
    max_examples=EXAMPLES // 6,  # of each operation
    derandomize=not IS_LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def each(schema: BaseSchema) -> pytest.MarkDecorator:
    """A test for each operation of a schema."""
    found = [operation.ok() for operation in schema.get_all_operations() if isinstance(operation, Ok)]
    return pytest.mark.parametrize("operation", found, ids=[operation.label for operation in found])


def promises(operation: Operation) -> list[CheckFunction]:
    """What must hold of every answer. A page takes an empty field, which its form sends, for one that is not given."""
    return PROMISES if is_page(operation.path) else [*PROMISES, negative_data_rejection]


def cases(operation: Operation) -> st.SearchStrategy[Any]:
    """Requests that fit the schema, some for a book that there is, and where something can be wrong, such as don't."""
    found = operation.as_strategy()
    if operation.method == "get" and operation.path_parameters:
        found |= operation.as_strategy(path_parameters={"id": KNOWN})
    if operation.body or operation.query or operation.path_parameters:
        found |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return found


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def clients(urls: dict[Twin, str], elasticsearch_url: str) -> Iterator[list[httpx.Client]]:
    """Clients of both twins, when searches see all that was written before."""
    httpx.post(f"{elasticsearch_url}/{INDEX}/_refresh").raise_for_status()
    with ExitStack() as stack:
        yield [stack.enter_context(httpx.Client(base_url=url, timeout=30)) for url in urls.values()]


@pytest.fixture(scope="module", autouse=True)
def _leave_no_book(elasticsearch_url: str) -> Iterator[None]:
    """Remove what the requests have stored."""
    yield
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.refresh(index=INDEX)
        for hit in scan(client, index=INDEX, query={"query": {"match_all": {}}}, _source=False):
            if not hit["_id"].startswith("book-"):
                client.delete(index=INDEX, id=hit["_id"])
        client.indices.refresh(index=INDEX)


@each(OPENAPI)
def test_the_description_holds(operation: Operation, urls: dict[Twin, str], session: requests.Session) -> None:
    @few
    @given(case=cases(operation))
    def holds(case: Any) -> None:
        for url in urls.values():
            case.call_and_validate(base_url=url, session=session, checks=promises(operation))

    holds()


@each(GRAPHQL)
def test_graphql_holds(operation: Operation, clients: list[httpx.Client]) -> None:
    @few
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        answers = [client.post("/graphql", json={"query": case.body}) for client in clients]
        for answer in answers:
            check(answer, "POST", "/graphql")
            assert {error["extensions"]["code"] for error in answer.json().get("errors", ())} <= THEIR_OWN
        if operation.label.startswith("Query"):
            assert answers[0].content == answers[1].content

    holds()
