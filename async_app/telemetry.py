"""What each request cost: its id and its times, told in the answer's headers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from aioflask import Flask, Response, g, request

from shared import headers

_in_flight: set[object] = set()  # adding and discarding are atomic: the threads need no lock


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


@contextmanager
def waiting() -> Iterator[None]:
    """Count the time spent within as time in Elasticsearch."""
    started_s = perf_counter()
    try:
        yield
    finally:
        g.elasticsearch_s += perf_counter() - started_s


def so_far() -> dict[str, float]:
    """What the request has cost up to now, and how many requests this worker is answering, itself included."""
    return {
        "elasticsearch_ms": g.elasticsearch_s * 1000,
        "app_ms": (perf_counter() - g.started_s) * 1000,
        "in_flight": len(_in_flight),
    }


def _begin() -> None:
    g.ticket = ticket = object()
    _in_flight.add(ticket)
    g.started_s = perf_counter()
    g.elasticsearch_s = 0.0
    g.request_id = headers.request_id(request.headers.get("X-Request-ID"))


def _finish(response: Response) -> Response:
    app_s = perf_counter() - g.started_s
    response.headers.update(headers.of_answer(g.request_id, g.elasticsearch_s, app_s))
    response.headers.setdefault("Content-Security-Policy", headers.LOAD_NOTHING)
    return response


def _end(_error: BaseException | None) -> None:
    _in_flight.discard(g.ticket)
