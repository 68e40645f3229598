"""How often Locust's clients connect: a server that closes its connections makes them do so for every request."""

from __future__ import annotations

from collections import Counter
from typing import Any

from geventhttpclient.connectionpool import ConnectionPool


def count_connects() -> Counter[int]:
    """How many TCP connections the clients of this process make from now on, by the port that they go to."""
    connects: Counter[int] = Counter()

    def after_connect(self: ConnectionPool, sock: Any) -> None:  # noqa: ARG001
        connects[sock.getpeername()[1]] += 1

    ConnectionPool.after_connect = after_connect  # type: ignore[method-assign]
    return connects
