"""Operations side by side: all their calls of one round go to Elasticsearch as one mget and one msearch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import repeat
from typing import Any

from shared import es_responses, problems
from shared.books import INDEX
from shared.operations import Call, Operation


def together(operations: Iterable[Operation[Any]]) -> Operation[list[Any]]:
    """Run each operation to its end. Returns for each its result, or the Problem that ended it."""
    running = [_Running(operation) for operation in operations]
    while asking := [operation for operation in running if operation.calls]:
        responses = iter((yield from _responses([call for operation in asking for call in operation.calls])))
        for operation in asking:
            operation.proceed([next(responses) for _ in operation.calls])
    return [operation.outcome for operation in running]


class _Running:
    """A running operation."""

    def __init__(self, operation: Operation[Any]) -> None:
        self._operation = operation
        self.outcome: Any = None
        self._wanted: Call | list[Call] = []
        self._send(None)

    @property
    def calls(self) -> list[Call]:
        """The calls that it waits for; none once it has ended."""
        return [self._wanted] if isinstance(self._wanted, Call) else self._wanted

    def proceed(self, responses: list[Any]) -> None:
        """Send it the responses to its calls; the first failure is thrown into it."""
        failure = next((response for response in responses if isinstance(response, problems.Problem)), None)
        self._send(failure or (responses[0] if isinstance(self._wanted, Call) else responses))

    def _send(self, response: Any) -> None:
        failed = isinstance(response, problems.Problem)
        try:
            self._wanted = self._operation.throw(response) if failed else self._operation.send(response)
        except StopIteration as done:
            self._wanted, self.outcome = [], done.value
        except problems.Problem as problem:
            self._wanted, self.outcome = [], problem


def _responses(calls: list[Call]) -> Operation[list[Any]]:
    """The response to each call, or its Problem."""
    batches = _batches(calls)
    try:
        responses = yield [request for request, _ in batches]
        parts = [
            _split(request, len(batch), response) for (request, batch), response in zip(batches, responses, strict=True)
        ]
    except problems.Problem as problem:
        return list(repeat(problem, len(calls)))
    part_of = {
        id(call): part
        for (_, batch), own in zip(batches, parts, strict=True)
        for call, part in zip(batch, own, strict=True)
    }
    return [part_of[id(call)] for call in calls]


def _batches(calls: list[Call]) -> list[tuple[Call, list[Call]]]:
    """The requests to make, each with the calls that it combines."""
    batches = []
    for method, merge in (("get", _mget), ("search", _msearch)):
        if batch := [call for call in calls if call.method == method]:
            batches.append((merge(batch), batch))
    return batches + [(call, [call]) for call in calls if call.method not in ("get", "search")]


def _mget(gets: list[Call]) -> Call:
    return Call("mget", {"index": INDEX, "ids": [call.kwargs["id"] for call in gets]})


def _msearch(searches: list[Call]) -> Call:
    return Call("msearch", {"index": INDEX, "searches": [part for call in searches for part in ({}, _body(call))]})


def _body(search: Call) -> dict[str, Any]:
    body = {name.rstrip("_"): value for name, value in search.kwargs.items() if name != "index"}
    return body | {"seq_no_primary_term": True}


def _split(request: Call, count: int, response: object) -> list[Any]:
    """The `count` parts of a response. Raises Unavailable when it has another number of parts."""
    match request.method:
        case "mget":
            parts = [_document(document) for document in es_responses.read_documents(response)["docs"]]
        case "msearch":
            parts = [_found(response) for response in es_responses.read_responses(response)["responses"]]
        case _:
            parts = [response]
    if len(parts) != count:
        raise problems.gone()
    return parts


def _document(document: Mapping[str, Any]) -> Any:
    return document if document.get("found") else problems.refused(404, document)


def _found(response: Mapping[str, Any]) -> Any:
    """Raises RuntimeError for a search that Elasticsearch can't read: that fault is ours."""
    if "error" not in response:
        return response
    problem = problems.refused(response.get("status", HTTPStatus.INTERNAL_SERVER_ERROR), response)
    if problem is None:
        raise RuntimeError(f"Elasticsearch refused a search: {response['error']}")
    return problem
