"""Which cores the load, the backend and the services of a measurement may use: one rule for all contenders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

from loadtests.errors import LabError
from loadtests.resources.affinity import let_run, machine_cores

FREE: Final = "free"
APART: Final = "apart"


@dataclass(frozen=True)
class Placement:
    """The cores of each; None for all. `note` is for the report."""

    load: frozenset[int] | None = None
    backend: frozenset[int] | None = None
    services: frozenset[int] | None = None
    note: str | None = None

    @contextmanager
    def of_backend(self, pids: Collection[int]) -> Iterator[None]:
        """Let the backend's processes, which run already, use its cores alone in the block."""
        if self.backend is None:
            yield
            return
        processes = [psutil.Process(pid) for pid in pids]
        try:
            for process in processes:
                let_run(process, {*self.backend})
            yield
        finally:
            for process in processes:
                let_run(process, {*machine_cores()})


EVERYWHERE = Placement()


def free(_: int) -> Placement:
    """Everything may use every core."""
    return EVERYWHERE


def apart(generators: int) -> Placement:
    """The load's processes and the backend have a core of their own each, where the services keep two at least; with
    fewer cores, load and backend share the last one. Raises LabError with a single core, or on a system other than
    Linux.

    A service may use all that is left. Where that is one core, it is as one that is pinned, which `note` tells.
    """
    if sys.platform != "linux":
        raise LabError(f"PLACEMENT={APART}: only Linux lets the lab choose cores: leave it out, or measure on Linux")
    cores = machine_cores()
    if len(cores) == 1:
        raise LabError(f"PLACEMENT={APART} needs two cores at least, and this machine has one: leave it out")
    if len(cores) >= generators + 3:
        *services, backend = cores[:-generators]
        load = cores[-generators:]
        note = f"the services had {_named(services)}, the backend {_named([backend])}, the load {_named(load)}"
        return Placement(frozenset(load), frozenset([backend]), frozenset(services), _sentence(note))
    *services, shared = cores
    note = f"the services had {_named(services)}; load and backend shared {_named([shared])}, for there are no more"
    if len(services) == 1:
        note += ". So every service ran on one core, one that may use all cores too"
    return Placement(frozenset([shared]), frozenset([shared]), frozenset(services), _sentence(note))


PLACEMENTS: Mapping[str, Callable[[int], Placement]] = {FREE: free, APART: apart}


def _named(cores: Collection[int]) -> str:
    return f"core{'s' if len(cores) > 1 else ''} {', '.join(map(str, sorted(cores)))}"


def _sentence(note: str) -> str:
    return f"Placement {APART}: {note}."
