"""The load generator's HTTP client: gevent's sockets, llhttp's parser, and nothing beside them.

What a client does besides for each request (cookies, redirects, merged headers, statistics) would add to the measured
times, and on a small machine the service would lack its CPU time.
"""

from __future__ import annotations

import json
import select
import socket
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import brotli
import gevent.socket
from gevent import get_hub, getcurrent, monkey
from httptools import HttpParserError, HttpResponseParser

from loadtests.load.checks import Response
from loadtests.load.plan import TIMEOUT_S
from loadtests.load.workloads import Request
from shared import addresses

_HTTP_PORT = 80
_AGENT = "twinlab"
_CHUNK_BYTES = 65_536
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""The idempotent methods of RFC 9110, section 9.2.2."""
_FIRST_FINAL = 200
"""Responses with lower statuses are interim ones."""
_NO_RESPONSE = Response(0, {}, b"")
_AUTOMATIC_ZLIB = 32 + zlib.MAX_WBITS
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.decompress(body, _AUTOMATIC_ZLIB),
    "deflate": lambda body: zlib.decompress(body, _AUTOMATIC_ZLIB),
    "br": brotli.decompress,
    "identity": bytes,
}
_FAULTS = (OSError, HttpParserError)
"""No connection, no response in time, a broken one."""

_READABLE, _WRITABLE = 1, 2
_poll = monkey.get_original("select", "poll")
_Socket: type[socket.socket] = monkey.get_original("socket", "socket")


class StaleConnectionError(ConnectionError):
    """The service closed a connection without a byte of its response."""


class IncompleteResponseError(ConnectionError):
    """The service closed a connection within its response."""


@dataclass(frozen=True)
class Exchange:
    """A request and its response. `fault` is the reason when there is none, with status 0. `start_s` is of
    `time.perf_counter`; the service time lasts from there until the whole response is read, or given up."""

    start_s: float
    service_time_ms: float
    response: Response
    fault: str | None = None


class Client:
    """Sends requests to any number of services, over connections that stay open: as many as requests were under way at
    once. `connects` counts them.

    It keeps no cookies and follows no redirects: each response is judged as received. Only where a kept connection
    turns out to be closed before any byte of a response, an idempotent request is sent again, on a new one.
    """

    def __init__(self) -> None:
        self.connects = 0
        self._services: dict[str, _Service] = {}

    def exchange(self, url: str, request: Request) -> Exchange:
        """`url` is the service's, an http:// one."""
        service = self._services.get(url) or self._services.setdefault(url, _Service.at(url))
        content = service.written(request)
        start_s = time.perf_counter()
        try:
            received = self._ask(service, content, is_repeatable=request.method in _REPEATABLE)
        except _FAULTS as error:
            return Exchange(start_s, _ms_since(start_s), _NO_RESPONSE, str(error) or type(error).__name__)
        service_time_ms = _ms_since(start_s)
        try:
            return Exchange(start_s, service_time_ms, _decoded(received))
        except (zlib.error, brotli.error, ValueError) as error:
            return Exchange(start_s, service_time_ms, _NO_RESPONSE, str(error))

    def _ask(self, service: _Service, content: bytes, *, is_repeatable: bool) -> Response:
        if kept := service.open_connection():
            try:
                return service.ask(kept, content)
            except StaleConnectionError:
                if not is_repeatable:
                    raise
        connection = _Connection(service.address)
        self.connects += 1
        return service.ask(connection, content)


@dataclass
class _Service:
    """A service's address, what every request to it has, and its connections that nobody uses now."""

    address: tuple[str, int]
    prefix: str
    head: str
    kept: list[_Connection] = field(default_factory=list)

    @classmethod
    def at(cls, url: str) -> _Service:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _HTTP_PORT
        named = addresses.with_port(host, port) if parts.port else addresses.in_url(host)
        head = f"HTTP/1.1\r\nHost: {named}\r\nUser-Agent: {_AGENT}\r\nAccept-Encoding: gzip, deflate, br\r\n"
        return cls((host, port), parts.path.rstrip("/"), head)

    def written(self, request: Request) -> bytes:
        """The request's bytes."""
        body = b"" if request.body is None else json.dumps(request.body).encode()
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        if body:
            fields += f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{request.method} {self.prefix}{request.path} {self.head}{fields}\r\n".encode("latin-1") + body

    def open_connection(self) -> _Connection | None:
        """A kept connection that the service has not closed, if there is one."""
        while self.kept:
            connection = self.kept.pop()
            if connection.is_silent():
                return connection
            connection.close()
        return None

    def ask(self, connection: _Connection, content: bytes) -> Response:
        """The response, on a connection that is kept if it may be."""
        try:
            response = connection.ask(content)
        except BaseException:
            connection.close()
            raise
        if connection.stays_open:
            self.kept.append(connection)
        else:
            connection.close()
        return response


class _Connection:
    """A connection, for one request at a time. Raises OSError when there is none.

    It waits for the socket by itself: gevent's own would try to receive before it waits, and make a timer each time.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        connecting = gevent.socket.create_connection(address, TIMEOUT_S)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = _Socket(fileno=connecting.detach())
        self._socket.setblocking(False)
        self._hub = get_hub()
        self._readable = self._hub.loop.io(self._socket.fileno(), _READABLE)
        self._timer = self._hub.loop.timer(TIMEOUT_S, TIMEOUT_S)
        self._parser = HttpResponseParser(self)
        self._poller = _poll()
        self._poller.register(self._socket.fileno(), select.POLLIN)
        self.stays_open = False

    def is_silent(self) -> bool:
        """Whether nothing has come since the last response: neither its end nor bytes that nobody asked for.

        Asked of the kernel at once, past gevent, which would let others run before: the request would wait until all
        received responses are checked, and that would count as service time.
        """
        return not self._poller.poll(0)

    def close(self) -> None:
        self._readable.close()
        self._timer.close()
        self._socket.close()

    def ask(self, content: bytes) -> Response:
        """Raises StaleConnectionError, IncompleteResponseError, HttpParserError, or OSError."""
        self._is_whole = self.stays_open = False
        try:
            self._send(content)
            chunk = self._receive()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise StaleConnectionError(str(error)) from error
        if not chunk:
            raise StaleConnectionError("the connection was closed without a response")
        self._parser.feed_data(chunk)
        while not self._is_whole:
            chunk = self._receive()
            if not chunk:
                self._end()
            else:
                self._parser.feed_data(chunk)
        return Response(self._status, self._headers, b"".join(self._body))

    def _send(self, content: bytes) -> None:
        sent = self._send_some(content)
        while sent < len(content):
            writable = self._hub.loop.io(self._socket.fileno(), _WRITABLE)
            try:
                self._wait(writable)
            finally:
                writable.close()
            sent += self._send_some(content[sent:])

    def _send_some(self, content: bytes) -> int:
        try:
            return self._socket.send(content)
        except BlockingIOError:
            return 0

    def _receive(self) -> bytes:
        while True:
            self._wait(self._readable)
            with suppress(BlockingIOError):  # libev may wake without need
                return self._socket.recv(_CHUNK_BYTES)

    def _wait(self, watcher: Any) -> None:
        """Raises TimeoutError. May return without need.

        A timer that is started anew goes on from where it was stopped; `again` gives it its whole time.
        """
        waiting = getcurrent()
        self._timer.again(waiting.throw, TimeoutError, "timed out")
        watcher.start(waiting.switch)
        try:
            self._hub.switch()
        finally:
            watcher.stop()
            self._timer.stop()

    def _end(self) -> None:
        """The service has closed the connection: the end of a response that has no other."""
        if not self._has_head or "content-length" in self._headers or "transfer-encoding" in self._headers:
            raise IncompleteResponseError("the connection was closed within the response")
        self._is_whole = True

    def on_message_begin(self) -> None:
        self.stays_open = False  # also where a second response comes, for which nobody asked
        if not self._is_whole:
            self._headers: dict[str, str] = {}
            self._body: list[bytes] = []
            self._has_head = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_whole:
            self._headers[_lower_case(name)] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if not self._is_whole:
            self._status = self._parser.get_status_code()
            self._has_head = self._status >= _FIRST_FINAL

    def on_body(self, body: bytes) -> None:
        if not self._is_whole:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Of an interim response too, after which the final one follows."""
        if not self._is_whole and self._has_head:
            self._is_whole = True
            self.stays_open = self._parser.should_keep_alive()


@lru_cache(maxsize=256)
def _lower_case(name: bytes) -> str:
    """A header's name. Cached, since each response has the same ones."""
    return name.decode("latin-1").lower()


def _decoded(response: Response) -> Response:
    """The response with its body unpacked. Raises ValueError, zlib.error, brotli.error."""
    encoding = response.headers.get("content-encoding", "").lower()
    if not encoding:
        return response
    if encoding not in _DECODERS:
        raise ValueError(f"unknown content encoding: {encoding}")
    return Response(response.status, response.headers, _DECODERS[encoding](response.body))


def _ms_since(start_s: float) -> float:
    return (time.perf_counter() - start_s) * 1000
