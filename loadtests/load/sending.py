"""The sending of requests: an action's requests one after the other, their checks, and their records."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from loadtests.load import checks
from loadtests.load.checks import Response
from loadtests.load.client import Client
from loadtests.load.recorder import Record, server_timing_ms
from loadtests.load.workloads import Action, Request

Perform = Callable[[Request], Response | None]


def carry_out(action: Action, perform: Perform) -> None:
    """Perform an action to its end, or to its first wrong response."""
    with suppress(StopIteration):
        request = next(action)
        while (response := perform(request)) is not None:
            request = action.send(response)


def send(
    client: Client, url: str, request: Request, slice_number: int = 0, intended_s: float | None = None
) -> tuple[Record, Response | None]:
    """Send a request. Returns its record, and its response, or None for a wrong or missing one.

    `intended_s` is for a request that was due at a certain moment; otherwise it is due at its start.
    """
    exchange = client.exchange(url, request)
    response = exchange.response
    failure = exchange.fault or checks.fault(response, request.check)
    record = Record(
        endpoint=request.endpoint,
        method=request.method,
        slice=slice_number,
        intended_s=exchange.start_s if intended_s is None else intended_s,
        start_s=exchange.start_s,
        service_time_ms=exchange.service_time_ms,
        status=response.status,
        size_bytes=len(response.body),
        **server_timing_ms(response.headers.get("server-timing", "")),
        failure=failure,
    )
    return record, None if failure else response
