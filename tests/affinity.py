"""The cores that the workers of a server run on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

import psutil

Workers = Mapping[int, set[tuple[int, ...]]]
"""The cores of each worker's threads, by its process id."""


def workers_of(server: psutil.Process) -> Workers:
    found = {}
    for one in server.children():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):  # it ends just now
            if "resource_tracker" not in " ".join(one.cmdline()):
                found[one.pid] = {tuple(os.sched_getaffinity(thread.id)) for thread in one.threads()}
    return found


def are_on(workers: Workers, *cores: int) -> bool:
    """Whether there is one worker on each of these cores, in whatever order."""
    return sorted(map(sorted, workers.values())) == [[(core,)] for core in sorted(cores)]


def worker_on(core: int, workers: Workers) -> int:
    """Its process id."""
    (pid,) = (pid for pid, cores in workers.items() if cores == {(core,)})
    return pid
