"""The connections of the load generator's clients, which stay open from one request to the next."""

from __future__ import annotations

import select
from collections import Counter
from typing import Any

from gevent import monkey
from geventhttpclient.connectionpool import ConnectionPool

_poll = monkey.get_original("select", "poll")


def reuse_at_once() -> None:
    """Check whether the server has closed a connection, without yielding to other greenlets before the request is sent.

    The library calls gevent's `select`, which yields to other greenlets. A request would wait until all received
    responses are checked, and the wait would count as service time. Nor does `select` take file descriptors beyond
    1,023: such a connection would count as closed.
    """

    def is_alive(self: ConnectionPool, sock: Any) -> bool:  # noqa: ARG001
        poller = _poll()
        poller.register(sock, select.POLLIN)
        return not poller.poll(0)

    ConnectionPool._is_socket_alive = is_alive  # type: ignore[method-assign]


def count_connects() -> Counter[int]:
    """Count the TCP connections that this process's clients make from now on, by destination port."""
    connects: Counter[int] = Counter()

    def after_connect(self: ConnectionPool, sock: Any) -> None:  # noqa: ARG001
        connects[sock.getpeername()[1]] += 1

    ConnectionPool.after_connect = after_connect  # type: ignore[method-assign]
    return connects
