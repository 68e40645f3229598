"""What each request costs: its id and its times, told in the answer's headers.

WSGI middleware, for it is WSGI in which both twins run Flask; headers added beneath Flask also cost the least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from shared import headers

_KEY = "twinlab.telemetry"

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Telemetry:
    """One request's account.

    `elasticsearch_s` is the time that it waited for Elasticsearch so far, `resends` the number of its calls that were
    sent again because a kept connection turned out to be closed.
    """

    def __init__(self, request_id: str, all_in_flight: set[Telemetry]) -> None:
        self.request_id = request_id
        self.elasticsearch_s = 0.0
        self._resent: list[None] = []
        self._all_in_flight = all_in_flight
        self._started_s = perf_counter()

    @property
    def app_s(self) -> float:
        """All the time since the application got the request."""
        return perf_counter() - self._started_s

    @property
    def in_flight(self) -> int:
        """How many requests this worker is answering, this one included."""
        return len(self._all_in_flight)

    @property
    def resends(self) -> int:
        return len(self._resent)

    def add_resend(self) -> None:
        """From any thread: appending is atomic, as adding to a number is not."""
        self._resent.append(None)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time spent within as time in Elasticsearch."""
        started_s = perf_counter()
        try:
            yield
        finally:
            self.elasticsearch_s += perf_counter() - started_s


def of(environ: Mapping[str, Any]) -> Telemetry:
    """The account of the request that has this WSGI environment."""
    telemetry: Telemetry = environ[_KEY]
    return telemetry


def measured(wsgi_app: WsgiApp) -> WsgiApp:
    """The application, with an account for each request and the headers that tell it."""
    in_flight: set[Telemetry] = set()  # adding and discarding are atomic: threads need no lock here

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        telemetry = Telemetry(headers.request_id(environ.get("HTTP_X_REQUEST_ID")), in_flight)
        environ[_KEY] = telemetry

        def start(status: str, answer: list[tuple[str, str]], *exc_info: Any) -> Any:
            timing = headers.server_timing(telemetry.elasticsearch_s, telemetry.app_s, telemetry.resends)
            ours = headers.of_answer(telemetry.request_id, timing, answer)
            return start_response(status, [*answer, *ours], *exc_info)

        in_flight.add(telemetry)
        try:
            return wsgi_app(environ, start)
        finally:
            in_flight.discard(telemetry)

    return app
