"""On which core a server begins a slice: both contenders on the same one, and each core in turn.

The cores of a shared machine differ: one whose physical core works for somebody else too is up to twice as slow. The
kernel tends to wake a process where it ran last, so that two contenders could stay on cores of their own, and the
cores be compared. A contender with `cores` of its own stays on these; the other one then begins there, too.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import psutil

from loadtests.resources.affinity import let_run

HOLD_S = 0.04
"""From the order of a slice until 20 ms after its load has begun: the server then runs there."""


def beginning(turn: int, pid: int, own: set[int], others: set[int]) -> AbstractContextManager[None]:
    """Hold a process and its descendants on one core for a moment, and then let them run on their `own` again.

    Which core is a matter of `turn`: one of those that the other side has as well, if there are some. On systems other
    than Linux nothing is held; nor is a process with a single core.
    """
    if sys.platform != "linux" or len(own) == 1:
        return nullcontext()
    common = sorted(own & others or own)
    return _held(common[turn % len(common)], own, psutil.Process(pid))


@contextmanager
def _held(core: int, own: set[int], process: psutil.Process) -> Iterator[None]:
    release = threading.Timer(HOLD_S, let_run, (process, own))
    let_run(process, {core})
    release.start()
    try:
        yield
    finally:
        release.cancel()
        release.join()
        let_run(process, own)
