"""What the processes use while load is on them: CPU, memory, threads and files, a process tree a group."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from loadtests import cpu_clock, kernel
from loadtests.interrupts import held

INTERVAL_S = 0.25


@dataclass(frozen=True)
class Sample:
    """A process tree at a moment of `perf_counter`.

    `cpu_s` is the CPU time, user and system, of all processes that the tree was ever seen to have, so it never falls;
    `rss_bytes` is the sum of resident sets, in which pages that processes share count for each of them.
    """

    t_s: float
    group: str
    cpu_s: float
    rss_bytes: int
    threads: int
    file_descriptors: int


class Tree:
    """A process and its descendants, which may come and go."""

    def __init__(self, group: str, pid: int) -> None:
        self._group = group
        self._root = psutil.Process(pid)
        self._cpu_s: dict[psutil.Process, float] = {}

    def sample(self) -> Sample | None:
        """None where the tree has ended."""
        t_s = time.perf_counter()
        usages = [usage for process in self._processes() if (usage := self._usage(process))]
        if not usages:
            return None
        return Sample(t_s, self._group, sum(self._cpu_s.values()), *map(sum, zip(*usages, strict=True)))

    def cpu_s(self) -> float:
        """CPU time, as in Sample."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                self._cpu_s[process] = cpu_clock.cpu_s(process)
        return sum(self._cpu_s.values())

    def context_switches(self) -> int:
        """Of all threads that there are."""
        return sum(map(kernel.context_switches, self._processes()))

    def uss_bytes(self) -> int:
        """Memory that would be freed if the tree ended (unique set size), summed over its processes.

        Raises psutil.AccessDenied for processes of another user.
        """
        return sum(process.memory_full_info().uss for process in self._processes())

    def _processes(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _usage(self, process: psutil.Process) -> tuple[int, int, int] | None:
        """None where it has ended. Until its parent has waited for it, it stands in the table without any memory."""
        try:
            with process.oneshot():
                usage = process.memory_info().rss, process.num_threads(), process.num_fds()
            self._cpu_s[process] = cpu_clock.cpu_s(process)
        except psutil.NoSuchProcess:
            return None
        return usage if usage[0] else None


class Sampler:
    """Samples every tree in a thread of its own, and keeps what it saw."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._trees = [tree for group, pid in pids.items() if (tree := _observable(group, pid))]
        self._samples: list[Sample] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    @property
    def samples(self) -> list[Sample]:
        """In the order in which they were taken. Complete when the block of `sampling` has ended."""
        return list(self._samples)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Also where it was never started."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._samples += [sample for tree in self._trees if (sample := tree.sample())]


@contextmanager
def sampling(pids: Mapping[str, int]) -> Iterator[Sampler]:
    """Sample the trees with these roots, by group, while the block runs; those that can't be seen are left out."""
    sampler = Sampler(pids)
    try:
        with held():
            sampler.start()
        yield sampler
    finally:
        with held():
            sampler.stop()


def _observable(group: str, pid: int) -> Tree | None:
    try:
        tree = Tree(group, pid)
        return tree if tree.sample() else None
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return None
