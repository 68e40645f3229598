"""The connection pool to Elasticsearch, with a time limit for connecting, and one for an answer as a whole.

The client knows one time limit only, for a whole request. urllib3 beneath it knows one for connecting too; but it takes
the other for the wait between any two pieces of an answer, so that one which comes in drops would have no limit.
"""

from __future__ import annotations

import socket
import ssl
from math import inf
from time import monotonic
from typing import Any

from elastic_transport import HttpHeaders, NodeConfig, Urllib3HttpNode
from urllib3 import Timeout
from urllib3.connection import HTTPConnection

_SHORTEST_S = 0.001


class _Deadline(socket.socket):
    """A socket whose time limit is for all that is received after it was set.

    What is received first, mostly all of it, needs no other limit than that which was set.
    """

    _deadline_s = inf
    _is_first = True

    def settimeout(self, value: float | None) -> None:
        self._deadline_s = inf if value is None else monotonic() + value
        self._is_first = True
        super().settimeout(value)

    def recv_into(self, *args: Any) -> int:
        if not self._is_first and self._deadline_s != inf:
            super().settimeout(max(self._deadline_s - monotonic(), _SHORTEST_S))
        self._is_first = False
        return super().recv_into(*args)


class _TlsSocket(_Deadline, ssl.SSLSocket):
    """The same under TLS, where one reading is bounded as a whole, however many pieces it takes."""


class _Connection(HTTPConnection):
    def _new_conn(self) -> _Deadline:
        connected = super()._new_conn()
        return _Deadline(connected.family, connected.type, connected.proto, connected.detach())


def node_class(connect_timeout_s: float) -> type[Urllib3HttpNode]:
    """The kind of node that an Elasticsearch client is to use."""

    class Node(Urllib3HttpNode):
        pool: Any

        def __init__(self, config: NodeConfig) -> None:
            super().__init__(config)
            if config.scheme == "http":
                self.pool.ConnectionCls = _Connection
            else:
                self.pool.conn_kw["ssl_context"].sslsocket_class = _TlsSocket

        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> Any:
            limits: Any = Timeout(connect=connect_timeout_s, read=request_timeout)
            return super().perform_request(method, target, body, headers, limits)

    return Node
