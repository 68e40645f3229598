"""Operations side by side: all their calls of one round go to Elasticsearch as one mget and one msearch."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any

from shared import batches, problems
from shared.batches import Batch
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
    """The response to each call, or the Problem that it met."""
    parts = _batches(calls)
    try:
        return batches.outcomes(calls, parts, (yield [batch.request for batch in parts]))
    except problems.Problem as problem:
        return list(repeat(problem, len(calls)))


def _batches(calls: list[Call]) -> list[Batch]:
    """Searches tell versions too, as gets do."""
    gets = [call for call in calls if call.method == "get"]
    searches = [call for call in calls if call.method == "search"]
    batched = [batches.mget(gets)] if gets else []
    batched += [batches.msearch(searches, seq_no_primary_term=True)] if searches else []
    return batched + [batches.alone(call) for call in calls if call.method not in ("get", "search")]
