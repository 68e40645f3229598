"""On which cores processes may run: as taskset(1) sets it, on Linux alone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil


def machine_cores() -> list[int]:
    """The cores that the lab itself may use."""
    return sorted(os.sched_getaffinity(0))


def allotted(cores: int, turn: int, of: Collection[int]) -> set[int]:
    """So many neighbouring cores of these; from turn to turn each begins one further on."""
    ordered = sorted(of)
    return {ordered[(turn + step) % len(ordered)] for step in range(cores)}


@contextmanager
def starting_on(cores: Collection[int] | None) -> Iterator[None]:
    """What this thread starts in the block runs on these cores, with all that it will start; None: as this thread."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def let_run(process: psutil.Process, cores: set[int]) -> None:
    """Set the cores of every thread of a process and its descendants, including threads started meanwhile. Each is set
    once, so a stubborn one cannot loop us."""
    told: set[int] = set()
    while elsewhere := {one for one in _threads(process) if one not in told and _runs_elsewhere(one, cores)}:
        for thread in elsewhere:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, cores)
        told |= elsewhere


def pin_workers(root: psutil.Process, workers: int, cores: int, turn: int, of: Collection[int]) -> None:
    """Give each worker that `root` has started so many of these cores: the first begins where `turn` says, each further
    one where the one before ended. For servers that start a process a worker, and start their workers last."""
    started = sorted(root.children(), key=lambda process: process.pid)
    for number, worker in enumerate(started[-workers:]):
        let_run(worker, allotted(cores, turn + number * cores, of))


def _threads(process: psutil.Process) -> Iterator[int]:
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            for task in Path(f"/proc/{one.pid}/task").glob("*"):
                yield int(task.name)


def _runs_elsewhere(thread: int, cores: set[int]) -> bool:
    with suppress(ProcessLookupError):
        return os.sched_getaffinity(thread) != cores
    return False
