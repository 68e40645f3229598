"""Several calls as one request to Elasticsearch: gets as an mget, searches as an msearch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from shared import es_responses, problems
from shared.books import INDEX
from shared.operations import Call
from shared.settings import FanOut


class Batch(NamedTuple):
    """A request, and the calls that it stands for."""

    request: Call
    calls: list[Call]


def alone(call: Call) -> Batch:
    return Batch(call, [call])


def mget(gets: list[Call]) -> Batch:
    return Batch(Call("mget", {"index": INDEX, "ids": [call.kwargs["id"] for call in gets]}), gets)


def msearch(searches: list[Call], **further: Any) -> Batch:
    """What is `further` is wanted of each search."""
    parts = [part for call in searches for part in ({}, _body(call) | further)]
    return Batch(Call("msearch", {"index": INDEX, "searches": parts}), searches)


def fan_out(calls: list[Call], way: FanOut) -> list[Batch]:
    """The requests of a list: as msearch all its searches in one, where there are several; any other call by itself.

    A count or a get has a response of its own kind, which no search gives.
    """
    searches = [call for call in calls if call.method == "search"]
    if way != "msearch" or len(searches) < 2:
        return [alone(call) for call in calls]
    return [msearch(searches), *(alone(call) for call in calls if call.method != "search")]


def outcomes(calls: Iterable[Call], batches: Iterable[Batch], responses: Iterable[object]) -> list[Any]:
    """The response to each call, or the Problem that it met.

    Raises Unavailable where a response has another number of parts than its batch has calls, and RuntimeError for a
    search that Elasticsearch can't read: that fault is ours.
    """
    outcome_of = {
        id(call): part
        for batch, response in zip(batches, responses, strict=True)
        for call, part in zip(batch.calls, _split(batch, response), strict=True)
    }
    return [outcome_of[id(call)] for call in calls]


def responses_of(calls: Iterable[Call], batches: Iterable[Batch], responses: Iterable[object]) -> list[Any]:
    """The same, where the first call that met a Problem raises it."""
    found = outcomes(calls, batches, responses)
    for outcome in found:
        if isinstance(outcome, problems.Problem):
            raise outcome
    return found


def _body(search: Call) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in search.kwargs.items() if name != "index"}


def _split(batch: Batch, response: object) -> list[Any]:
    if batch.calls == [batch.request]:
        return [response]
    if batch.request.method == "mget":
        parts = [_document(document) for document in es_responses.read_documents(response)["docs"]]
    else:
        parts = [_found(part) for part in es_responses.read_responses(response)["responses"]]
    if len(parts) != len(batch.calls):
        raise problems.gone()
    return parts


def _document(document: Mapping[str, Any]) -> Any:
    return document if document.get("found") else problems.refused(404, document)


def _found(response: Mapping[str, Any]) -> Any:
    if "error" not in response:
        return response
    problem = problems.refused(response.get("status", HTTPStatus.INTERNAL_SERVER_ERROR), response)
    if problem is None:
        raise RuntimeError(f"Elasticsearch refused a search: {response['error']}")
    return problem
