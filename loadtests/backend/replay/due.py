"""Responses that are due later: each is written to its connection when its delay is over, to a fraction of a ms.

To sleep until a moment costs more than to write a response. So those that are due shortly one after the other are
written together, the first of them up to 0.5% of the median delay late; whatever is due is also written when a request
arrives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Protocol

from loadtests.load.delay import Delay
from loadtests.resources.timerfd import IS_PUNCTUAL, PunctualTimer

_TOGETHER = 0.005
"""How late a response may be so that others go with it, as a part of the median delay."""


class Alarm(Protocol):
    """Calls a function at the moment of `perf_counter` that was set last, or somewhat earlier; `inf` stops it."""

    def set(self, moment_s: float) -> None: ...


class PunctualAlarm:
    """By a timer of Linux. Raises OSError."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._timer = PunctualTimer()
        loop.add_reader(self._timer.fd, ring)

    def set(self, moment_s: float) -> None:
        self._timer.set(moment_s) if moment_s < inf else self._timer.stop()


class LoopAlarm:
    """By the event loop's own timers, which any system has."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, moment_s: float) -> None:
        if self._handle:
            self._handle.cancel()
        ahead_s = moment_s - time.perf_counter()
        self._handle = self._loop.call_later(ahead_s, self._ring) if moment_s < inf else None


class Due:
    """A queue of responses by the moment when they are due. `seed` decides the delays."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        delay: Delay,
        seed: str,
        alarm: Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Alarm] = (
            PunctualAlarm if IS_PUNCTUAL else LoopAlarm
        ),
    ) -> None:
        self._drawn_s = delay.drawn_s(seed)
        self._together_s = delay.median_ms / 1000 * _TOGETHER
        self._numbers = count()
        self._waiting: list[tuple[float, int, Callable[[bytes], None], bytes]] = []
        self._rings_s = inf
        self._alarm = alarm(loop, self._ring)

    def call(self, write: Callable[[bytes], None], response: bytes, earliest_s: float) -> float:
        """Call `write` with the response when its delay is over, and not before the moment `earliest_s`.

        Returns the moment when it is due.
        """
        delay_s = self._drawn_s()
        if not delay_s:
            write(response)
            return earliest_s
        now_s = time.perf_counter()
        due_s = max(now_s + delay_s, earliest_s)
        heappush(self._waiting, (due_s, next(self._numbers), write, response))
        if self._waiting[0][0] <= now_s:
            self._ring()
        elif due_s + self._together_s < self._rings_s:
            self._set(due_s + self._together_s)
        return due_s

    def _ring(self) -> None:
        waiting, now_s = self._waiting, time.perf_counter()
        while waiting and waiting[0][0] <= now_s:
            _, _, write, response = heappop(waiting)
            write(response)
        self._set(waiting[0][0] + self._together_s if waiting else inf)

    def _set(self, moment_s: float) -> None:
        self._rings_s = moment_s
        self._alarm.set(moment_s)
