"""Responses that are due later: each is written to its connection when its delay is over, to a fraction of a ms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from loadtests.resources.timerfd import IS_PUNCTUAL, PunctualTimer


class Due:
    """A queue of responses by the moment when they are due. `drawn_s` gives the delay of each, in seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, drawn_s: Callable[[], float]) -> None:
        self._loop = loop
        self._drawn_s = drawn_s
        self._numbers = count()
        self._waiting: list[tuple[float, int, asyncio.Transport, bytes]] = []
        self._timer = PunctualTimer() if IS_PUNCTUAL else None
        if self._timer:
            loop.add_reader(self._timer.fd, self._ring)

    def write(self, transport: asyncio.Transport, response: bytes) -> None:
        """Write it when it is due. A connection that closed meanwhile gets nothing."""
        delay_s = self._drawn_s()
        if not delay_s:
            transport.write(response)
            return
        due_s = time.perf_counter() + delay_s
        is_next = not self._waiting or due_s < self._waiting[0][0]
        heappush(self._waiting, (due_s, next(self._numbers), transport, response))
        if is_next:
            self._set(due_s)

    def _set(self, due_s: float) -> None:
        if self._timer:
            self._timer.set(due_s)
        else:
            self._loop.call_later(due_s - time.perf_counter(), self._write_due)

    def _ring(self) -> None:
        assert self._timer, "it rang"
        try:
            self._timer.clear()
        except BlockingIOError:  # it was set anew after it had rung
            return
        self._write_due()

    def _write_due(self) -> None:
        waiting, now_s = self._waiting, time.perf_counter()
        while waiting and waiting[0][0] <= now_s:
            _, _, transport, response = heappop(waiting)
            if not transport.is_closing():
                transport.write(response)
        if waiting:
            self._set(waiting[0][0])
