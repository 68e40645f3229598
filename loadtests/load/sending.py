"""How the load generator asks: an action's requests one after the other, their checks, and their records."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from loadtests.load import checks
from loadtests.load.checks import Answer
from loadtests.load.client import Client
from loadtests.load.recorder import Record, server_timing_ms
from loadtests.load.workloads import Action, Ask

Perform = Callable[[Ask], Answer | None]


def carry_out(action: Action, perform: Perform) -> None:
    """Perform an action to its end, or to its first wrong answer."""
    with suppress(StopIteration):
        ask = next(action)
        while (answer := perform(ask)) is not None:
            ask = action.send(answer)


def ask_once(
    client: Client, url: str, ask: Ask, slice_number: int = 0, intended_s: float | None = None
) -> tuple[Record, Answer | None]:
    """The request's record, and its answer, or None where that is wrong or missing.

    `intended_s` is for a request that was due at a certain moment; else it is due when it is made.
    """
    exchange = client.exchange(url, ask)
    answer = exchange.answer
    failure = exchange.fault or checks.fault(answer, ask.check)
    record = Record(
        endpoint=ask.endpoint,
        method=ask.method,
        slice=slice_number,
        intended_s=exchange.start_s if intended_s is None else intended_s,
        start_s=exchange.start_s,
        service_time_ms=exchange.service_time_ms,
        status=answer.status,
        size_bytes=len(answer.body),
        **server_timing_ms(answer.headers.get("server-timing", "")),
        failure=failure,
    )
    return record, None if failure else answer
