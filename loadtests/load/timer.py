"""A timer for due requests: gevent's tick in ms, and wake half of one late on average; Linux's wake on time."""

from __future__ import annotations

import time

import gevent
from gevent import get_hub

from loadtests.resources.timerfd import IS_PUNCTUAL, PunctualTimer

_READABLE = 1


class Timer:
    """A timer for one greenlet at a time; others run while it sleeps. Raises OSError."""

    def __init__(self) -> None:
        if IS_PUNCTUAL:
            self._timer = PunctualTimer()
            self._rings = get_hub().loop.io(self._timer.fd, _READABLE)

    def sleep_until(self, moment_s: float) -> None:
        """Sleep until a moment of `perf_counter`; returns at once for a past moment."""
        ahead_s = moment_s - time.perf_counter()
        if ahead_s <= 0:
            return
        if IS_PUNCTUAL:
            self._timer.set(moment_s)
            get_hub().wait(self._rings)
            self._timer.clear()
        else:
            gevent.sleep(ahead_s)
