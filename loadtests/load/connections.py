"""The connections of the load generator's clients, which stay open from one request to the next."""

from __future__ import annotations

import select
from collections import Counter
from typing import Any

from gevent import monkey
from geventhttpclient.connectionpool import ConnectionPool

_poll = monkey.get_original("select", "poll")


def reuse_at_once() -> None:
    """See whether the server has closed a connection without giving way to others before the request is sent.

    The library asks `select`, for which gevent lets run first whatever else can: a request waited until all answers
    that had come were checked, and the wait was taken for the service's time. Nor does `select` know file descriptors
    beyond 1,023: such a connection counted as closed.
    """

    def is_alive(self: ConnectionPool, sock: Any) -> bool:  # noqa: ARG001
        told = _poll()
        told.register(sock, select.POLLIN)
        return not told.poll(0)

    ConnectionPool._is_socket_alive = is_alive  # type: ignore[method-assign]


def count_connects() -> Counter[int]:
    """How many TCP connections the clients of this process make from now on, by the port that they go to."""
    connects: Counter[int] = Counter()

    def after_connect(self: ConnectionPool, sock: Any) -> None:  # noqa: ARG001
        connects[sock.getpeername()[1]] += 1

    ConnectionPool.after_connect = after_connect  # type: ignore[method-assign]
    return connects
