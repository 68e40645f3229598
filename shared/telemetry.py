"""The cost of each request: its id and its times, in the response's headers.

WSGI middleware, because both twins run Flask as WSGI, and adding headers beneath Flask costs least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from shared import headers

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Telemetry:
    """The account of one request.

    `elasticsearch_s` is its time waiting for Elasticsearch so far. `resends` counts its calls that were sent again
    because a kept connection was closed.
    """

    def __init__(self, request_id: str, all_in_flight: set[Telemetry]) -> None:
        self.request_id = request_id
        self.elasticsearch_s = 0.0
        self._resent: list[None] = []
        self._all_in_flight = all_in_flight
        self._started_s = perf_counter()

    @property
    def app_s(self) -> float:
        """The whole time since the application received the request."""
        return perf_counter() - self._started_s

    @property
    def in_flight(self) -> int:
        """The number of requests in progress in this worker, including this one."""
        return len(self._all_in_flight)

    @property
    def resends(self) -> int:
        return len(self._resent)

    def add_resend(self) -> None:
        """From any thread: appending is atomic, as adding to a number is not."""
        self._resent.append(None)

    def headers(self, own: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those that report it, beside the response's `own`."""
        timing = headers.server_timing(self.elasticsearch_s, self.app_s, self.resends)
        return headers.of_response(self.request_id, timing, own)


_current: ContextVar[Telemetry] = ContextVar("telemetry")


def current() -> Telemetry:
    """The account of the request that this task or thread serves."""
    return _current.get()


def begin(requested_id: str | None, in_flight: set[Telemetry]) -> Telemetry:
    """A new account for the request that this task or thread serves, with the id that its client asks for, if any."""
    telemetry = Telemetry(headers.request_id(requested_id), in_flight)
    _current.set(telemetry)
    return telemetry


def measured(wsgi_app: WsgiApp) -> WsgiApp:
    """The application, with an account for each request and the headers that report it."""
    in_flight: set[Telemetry] = set()  # adding and discarding are atomic: threads need no lock here

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        telemetry = begin(environ.get("HTTP_X_REQUEST_ID"), in_flight)

        def start(status: str, own: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*own, *telemetry.headers(own)], *exc_info)

        in_flight.add(telemetry)
        try:
            return wsgi_app(environ, start)
        finally:
            in_flight.discard(telemetry)

    return app
