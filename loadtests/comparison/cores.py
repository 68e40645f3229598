"""On which core a server begins a slice: both contenders on the same one, and each core in turn.

The cores of a shared machine differ: one whose physical core works for somebody else too is up to twice as slow. The
kernel tends to wake a process where it ran last, so that two contenders could stay on cores of their own, and the
cores be compared.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import psutil

HOLD_S = 0.04
"""From the order of a slice until 20 ms after its load has begun: the server then runs there."""


def beginning(turn: int, pid: int) -> AbstractContextManager[None]:
    """Hold a process and its descendants on one core for a moment, and then let them run on all again. Which core is a
    matter of `turn`. On systems other than Linux nothing is held."""
    if sys.platform != "linux":
        return nullcontext()
    return _held(turn, psutil.Process(pid))


@contextmanager
def _held(turn: int, process: psutil.Process) -> Iterator[None]:
    cores = sorted(os.sched_getaffinity(0))
    release = threading.Timer(HOLD_S, _let_run, (process, set(cores)))
    _let_run(process, {cores[turn % len(cores)]})
    release.start()
    try:
        yield
    finally:
        release.cancel()
        release.join()
        _let_run(process, set(cores))


def _let_run(process: psutil.Process, cores: set[int]) -> None:
    """On these cores only, all threads; those too that one of them started meanwhile, where it was still held. Each is
    told once: that one does not heed it is no reason to wait."""
    told: set[int] = set()
    while elsewhere := {one for one in _threads(process) if one not in told and _runs_elsewhere(one, cores)}:
        for thread in elsewhere:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, cores)
        told |= elsewhere


def _threads(process: psutil.Process) -> Iterator[int]:
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            for task in Path(f"/proc/{one.pid}/task").glob("*"):
                yield int(task.name)


def _runs_elsewhere(thread: int, cores: set[int]) -> bool:
    with suppress(ProcessLookupError):
        return os.sched_getaffinity(thread) != cores
    return False
