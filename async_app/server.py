"""uvicorn, with uvloop (or asyncio's own loop) and httptools."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from async_app import pinning
from shared import logs
from shared.settings import Settings

SERVER = f"uvicorn {uvicorn.__version__}"


def serve(settings: Settings, factory: str = "async_app.app:create_app") -> None:
    """Serve the application that the factory makes in each worker."""
    signal.signal(signal.SIGTERM, _end)
    config = uvicorn.Config(
        factory,
        factory=True,
        workers=settings.workers,
        backlog=settings.backlog,
        log_config=logs.config(settings.log),
        log_level="warning",
        **of_worker(settings),
    )
    listener = _listener(settings)
    cores = pinning.cores(settings)
    if settings.workers > 1:
        Supervisor(config, [listener], cores).run()
        return
    if cores:
        os.sched_setaffinity(0, cores[:1])
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class Supervisor(Multiprocess):
    """uvicorn's, which keeps worker i on core i of `cores`, modulo their number; none: on all cores.

    A restarted worker has the place of the one before it. Each look at the workers pins all of their threads again,
    those of a new worker too.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], cores: Sequence[int]) -> None:
        super().__init__(config, sockets)
        self._cores = cores

    def init_processes(self) -> None:
        super().init_processes()
        self._pin()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._pin()

    def _pin(self) -> None:
        for number, worker in enumerate(self.processes if self._cores else ()):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                for thread in Path(f"/proc/{worker.pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {self._cores[number % len(self._cores)]})


def _listener(settings: Settings) -> socket.socket:
    """A listener like gunicorn's: uvicorn's own takes IPv6 alone for `::`, and several addresses for a name.

    Without IPPROTO_TCP, asyncio's loop would leave Nagle's algorithm on, which delays small responses by 40 ms.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.set_inheritable(True)
    return listener


def _end(_number: int, _frame: FrameType | None) -> None:
    """End with exit code 0: uvicorn raises SIGTERM again after it has stopped because of it."""
    sys.exit()


def of_worker(settings: Settings) -> dict[str, Any]:
    """uvicorn's settings in each worker, whatever starts the workers."""
    return {
        "loop": settings.loop,
        "http": "async_app.connections:Protocol",
        "ws": "none",
        "lifespan": "on",
        "reset_contextvars": True,
        "timeout_keep_alive": settings.keep_alive_s,
        "timeout_graceful_shutdown": settings.shutdown_s,
        "access_log": False,
        "proxy_headers": False,  # the application decides which proxy headers to believe, alike in both twins
    }
