"""How the load generator asks: a request of the workload through Locust's client, its check, and its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from locust.contrib.fasthttp import FastHttpSession

from loadtests import checks
from loadtests.checks import Answer
from loadtests.recorder import Record, server_timing_ms
from loadtests.workloads import Action, Ask

Perform = Callable[[Ask], Answer | None]


def carry_out(action: Action, perform: Perform) -> None:
    """Perform an action to its end, or to its first wrong answer."""
    with suppress(StopIteration):
        ask = next(action)
        while (answer := perform(ask)) is not None:
            ask = action.send(answer)


def ask_once(
    client: FastHttpSession, ask: Ask, host: str = "", context: Mapping[str, float] | None = None
) -> Answer | None:
    """The answer, or None where it is wrong or missing, which is counted. `host` goes before the path."""
    with client.request(
        ask.method,
        host + ask.path,
        name=ask.endpoint,
        json=ask.body,
        headers=dict(ask.headers),
        catch_response=True,
        context=dict(context or {}),
    ) as response:
        if response.status_code == 0:
            return None
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(response.status_code, headers, response.content or b"")
        if fault := checks.fault(answer, ask.check):
            response.failure(fault)
            return None
        response.success()
        return answer


def to_record(
    *, request_type: str, name: str, response_time: float, response_length: int, response: Any,
    context: Mapping[str, Any], exception: BaseException | str | None, **_: Any,
) -> Record:  # fmt: skip
    """The record of one of Locust's request events; its context has `start_s`, and in comparisons more."""
    start_s = context["start_s"]
    headers = response.headers or {}
    return Record(
        endpoint=name,
        method=request_type,
        slice=context.get("slice", 0),
        intended_s=context.get("intended_s", start_s),
        start_s=start_s,
        service_time_ms=response_time,
        status=response.status_code,
        size_bytes=response_length,
        **server_timing_ms(headers.get("Server-Timing", "")),
        failure=str(exception) or type(exception).__name__ if exception else None,
    )
