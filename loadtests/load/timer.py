"""A timer for due requests: gevent's tick in ms, and wake half of one late on average; Linux's wake on time."""

from __future__ import annotations

import ctypes
import math
import os
import sys
import time

import gevent
from gevent import get_hub

_PUNCTUAL = sys.platform == "linux"
_MONOTONIC = 1
"""The clock that `perf_counter` reads on Linux."""
_ABSOLUTE = 1
_READABLE = 1
_NS_PER_S = 1_000_000_000


class _Timer(ctypes.Structure):
    """A struct itimerspec: a timer without an interval rings once."""

    _fields_ = (("interval", ctypes.c_long * 2), ("value_s", ctypes.c_long), ("value_ns", ctypes.c_long))


class Timer:
    """A timer for one greenlet at a time; others run while it sleeps. See timerfd_create(2). Raises OSError."""

    def __init__(self) -> None:
        if _PUNCTUAL:
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._timer: int = self._libc.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            if self._timer < 0:
                raise OSError(ctypes.get_errno(), "no timer can be created")
            self._rings = get_hub().loop.io(self._timer, _READABLE)

    def sleep_until(self, moment_s: float) -> None:
        """Sleep until a moment of `perf_counter`; returns at once for a past moment."""
        ahead_s = moment_s - time.perf_counter()
        if ahead_s <= 0:
            return
        if _PUNCTUAL:
            self._wait(moment_s)
        else:
            gevent.sleep(ahead_s)

    def _wait(self, moment_s: float) -> None:
        at = _Timer((0, 0), *divmod(math.ceil(moment_s * _NS_PER_S), _NS_PER_S))
        self._libc.timerfd_settime(self._timer, _ABSOLUTE, ctypes.byref(at), None)
        get_hub().wait(self._rings)
        os.read(self._timer, ctypes.sizeof(ctypes.c_uint64))
