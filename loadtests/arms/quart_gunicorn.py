"""Quart under gunicorn's own ASGI worker, which when it is to end does not wait for clients that ask nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from loadtests.arms.server import serve
from shared.headers import LINGER_S


class Protocol(ASGIProtocol):  # type: ignore[misc]
    """A connection that its worker knows."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.worker.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.worker.connections.discard(self)

    def end_if_idle(self) -> None:
        if self._awaiting_request:
            self._keepalive_timeout()


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]
    """What `contenders.toml` names as the worker class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections: set[Protocol] = set()

    def handle_exit_signal(self) -> None:
        super().handle_exit_signal()
        self.loop.call_later(LINGER_S, self._end_idle)

    def _end_idle(self) -> None:
        for connection in [*self.connections]:
            connection.end_if_idle()


gasgi.ASGIProtocol = Protocol  # the worker's `_serve` takes it from there


if __name__ == "__main__":
    serve("loadtests.arms.quart_app.app:create_app()", "loadtests.arms.quart_app.gunicorn_conf")
