"""The connection pool to Elasticsearch, with a time limit for connecting, and one for a whole response.

The client knows one time limit only, for a whole request. urllib3 beneath it also knows one for connecting, but it
applies the other to the wait between any two pieces of a response. So a response that comes in drops would have no
limit. The connection itself sends a request again when `shared.resends` allows it: connected anew, within the same
limit.
"""

from __future__ import annotations

import socket
import ssl
from math import inf
from time import monotonic
from typing import Any

from elastic_transport import HttpHeaders, NodeConfig, Urllib3HttpNode
from urllib3 import HTTPResponse, Timeout
from urllib3.connection import HTTPConnection

from shared import deadlines, resends
from shared.settings import Settings

_SHORTEST_S = 0.001


class _Deadline(socket.socket):
    """A socket with a time limit for everything received after it was set.

    The first piece, usually the whole response, needs no limit other than the socket's own.
    """

    has_received = False
    """Whether any byte has come since the time limit was set."""

    _deadline_s = inf

    @property
    def left_s(self) -> float:
        """The time until the limit, never zero, which would mean not to wait at all."""
        return max(self._deadline_s - monotonic(), _SHORTEST_S)

    def settimeout(self, value: float | None) -> None:
        self._deadline_s = inf if value is None else monotonic() + value
        self.has_received = False
        super().settimeout(value)

    def recv_into(self, *args: Any) -> int:
        if self.has_received and self._deadline_s != inf:
            super().settimeout(self.left_s)
        received_bytes = super().recv_into(*args)
        self.has_received = self.has_received or received_bytes > 0
        return received_bytes


class _TlsSocket(_Deadline, ssl.SSLSocket):
    """The same under TLS, where one read is bounded as a whole, however many pieces it takes."""


class _Connection(HTTPConnection):
    """A connection that sends a request again, on a new socket, when its kept socket is closed."""

    connect_timeout_s: float
    _is_kept = False
    """Whether its socket has served a request before."""

    def _new_conn(self) -> _Deadline:
        connected = super()._new_conn()
        return _Deadline(connected.family, connected.type, connected.proto, connected.detach())

    def connect(self) -> None:
        super().connect()
        self._is_kept = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._last_request = args, kwargs
        super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        used: Any = self.sock
        try:
            response = super().getresponse()
        except ConnectionError:
            if not self._is_kept or used.has_received or not resends.begin():
                raise
            response = self._resend(used)
        self._is_kept = True
        return response

    def _resend(self, used: _Deadline) -> HTTPResponse:
        """Connect within the rest of the closed socket's time limit."""
        self.close()
        self.timeout = min(self.connect_timeout_s, used.left_s)
        args, kwargs = self._last_request
        super().request(*args, **kwargs)
        self.timeout = used.left_s
        return super().getresponse()


def node_class(settings: Settings) -> type[Urllib3HttpNode]:
    """The node class for an Elasticsearch client."""
    connect_timeout_s = settings.es_connect_timeout_s

    class Node(Urllib3HttpNode):
        pool: Any

        def __init__(self, config: NodeConfig) -> None:
            super().__init__(config)
            attributes = {"connect_timeout_s": connect_timeout_s}
            self.pool.ConnectionCls = type("Connection", (_Connection, self.pool.ConnectionCls), attributes)
            if config.scheme == "https":
                self.pool.conn_kw["ssl_context"].sslsocket_class = _TlsSocket

        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> Any:
            limits: Any = Timeout(connect=connect_timeout_s, read=deadlines.left_s(request_timeout))
            return super().perform_request(method, target, body, headers, limits)

    return Node
