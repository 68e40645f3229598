"""Linux's punctual timer: event loops wake a millisecond late, since that is their unit."""

from __future__ import annotations

import ctypes
import math
import os
import sys
from functools import partial
from typing import Final

IS_PUNCTUAL: Final = sys.platform == "linux"
_MONOTONIC = 1
"""The clock that `perf_counter` reads on Linux."""
_ABSOLUTE = 1
_NS_PER_S = 1_000_000_000


class _Setting(ctypes.Structure):
    """A struct itimerspec: a timer without an interval rings once."""

    _fields_ = (("interval", ctypes.c_long * 2), ("value_s", ctypes.c_long), ("value_ns", ctypes.c_long))


class PunctualTimer:
    """A file descriptor `fd` that can be read once a moment has come. See timerfd_create(2). Raises OSError."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = libc.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "no timer can be created")
        self._setting = _Setting()
        self._settime = partial(libc.timerfd_settime, self.fd, _ABSOLUTE, ctypes.byref(self._setting), None)

    def set(self, moment_s: float) -> None:
        """Let it ring at a moment of `perf_counter`, in place of the one that was set before.

        Nothing can be read from it until then.
        """
        self._setting.value_s, self._setting.value_ns = divmod(math.ceil(moment_s * _NS_PER_S), _NS_PER_S)
        self._settime()

    def stop(self) -> None:
        """Let it not ring, and nothing can be read from it."""
        self.set(0)

    def clear(self) -> None:
        """Read that it rang. Raises BlockingIOError when it did not."""
        os.read(self.fd, ctypes.sizeof(ctypes.c_uint64))
