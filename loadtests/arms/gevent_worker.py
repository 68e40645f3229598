"""gunicorn's gevent worker, which when it is to end does not wait for clients that ask nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from shared.headers import LINGER_S


class Worker(GeventWorker):  # type: ignore[misc]
    """What `contenders.toml` names as the worker class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: dict[gevent.Greenlet, gevent.Timeout] = {}

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Within it gunicorn waits for a connection's next request; its time-out ends the connection."""
        greenlet = gevent.getcurrent()
        with gevent.Timeout(self.cfg.keepalive, False) as timeout:
            self._idle[greenlet] = timeout
            try:
                yield
            finally:
                del self._idle[greenlet]

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        gevent.spawn_later(LINGER_S, self._end_idle)

    def _end_idle(self) -> None:
        for greenlet, timeout in [*self._idle.items()]:
            greenlet.kill(timeout, block=False)
