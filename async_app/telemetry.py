"""What each request cost: its id and its times, told in the answer's headers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from aioflask import Flask, Response, g, request

from shared import headers


@dataclass(slots=True)
class Telemetry:
    """One request's account; `elasticsearch_s` is the time that it waited for Elasticsearch so far."""

    request_id: str
    elasticsearch_s: float = 0.0
    started_s: float = field(default_factory=perf_counter)


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_finish)


@contextmanager
def waiting() -> Iterator[None]:
    """Count the time spent within as time in Elasticsearch."""
    telemetry: Telemetry = g.telemetry
    started_s = perf_counter()
    try:
        yield
    finally:
        telemetry.elasticsearch_s += perf_counter() - started_s


def _begin() -> None:
    g.telemetry = Telemetry(headers.request_id(request.headers.get("X-Request-ID")))


def _finish(response: Response) -> Response:
    telemetry: Telemetry = g.telemetry
    app_s = perf_counter() - telemetry.started_s
    response.headers.extend(headers.of_answer(telemetry.request_id, telemetry.elasticsearch_s, app_s))
    return response
