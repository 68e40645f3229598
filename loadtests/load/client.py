"""The load generator's HTTP client: the library under Locust's own FastHttpUser, without its extra work.

A FastHttpUser's cookies, redirects and statistics take half as much CPU again. That would add to the measured times,
and on a small machine the service would lack it.
"""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass

import brotli
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError
from geventhttpclient.url import URL
from geventhttpclient.useragent import CompatResponse

from loadtests.load.checks import Response
from loadtests.load.connections import reuse_at_once
from loadtests.load.plan import TIMEOUT_S
from loadtests.load.workloads import Request

_HEADERS = {"Accept-Encoding": "gzip, deflate, br"}
_HEADERS_WITH_BODY = _HEADERS | {"Content-Type": "application/json", "Accept": "application/json"}
_NO_RESPONSE = Response(0, {}, b"")
_FAULTS = (OSError, HTTPParseError, zlib.error, brotli.error, ValueError)
"""No connection, no response in time, a broken one; the last three: one in a broken or unknown content encoding."""

reuse_at_once()


@dataclass(frozen=True)
class Exchange:
    """A request and its response. `fault` is the reason when there is none, with status 0. `start_s` is of
    `time.perf_counter`; the service time lasts from there until the whole response is read, or given up."""

    start_s: float
    service_time_ms: float
    response: Response
    fault: str | None = None


class Client:
    """Sends requests to any number of services, over connections that stay open: at most `connections` to each.

    It keeps no cookies and follows no redirects: each response is judged as received.
    """

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._services: dict[str, tuple[HTTPClient, str]] = {}

    def exchange(self, url: str, request: Request) -> Exchange:
        """`url` is the service's, an http:// one."""
        service, prefix = self._services.get(url) or self._service(url)
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = {**(_HEADERS if body is None else _HEADERS_WITH_BODY), **request.headers}
        start_s = time.perf_counter()
        try:
            response = CompatResponse(service.request(request.method, prefix + request.path, body, headers))
            content = response.content
        except _FAULTS as error:
            return Exchange(start_s, _ms_since(start_s), _NO_RESPONSE, str(error) or type(error).__name__)
        service_time_ms = _ms_since(start_s)
        headers = {name.lower(): text for name, text in response.headers.items()}
        return Exchange(start_s, service_time_ms, Response(response.status_code, headers, content))

    def _service(self, url: str) -> tuple[HTTPClient, str]:
        parts = URL(url)
        client = HTTPClient.from_url(
            parts, concurrency=self._connections, connection_timeout=TIMEOUT_S, network_timeout=TIMEOUT_S
        )
        return self._services.setdefault(url, (client, parts.path.rstrip("/")))


def _ms_since(start_s: float) -> float:
    return (time.perf_counter() - start_s) * 1000
