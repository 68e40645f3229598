"""What the processes use while load is on them: CPU, memory, threads and files, a process tree a group."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

import psutil

from loadtests.errors import InvalidRunError
from loadtests.interrupts import held
from loadtests.resources import kernel

INTERVAL_S = 0.25
PSS_EVERY = 4
"""Samples from one reading of PSS to the next: a second. `python -m tests.benchmarks.pss_cost` tells what one costs."""


@dataclass(frozen=True)
class Sample:
    """A process tree at a moment of `perf_counter`.

    `cpu_s` is the CPU time, user and system, of all processes that the tree was ever seen to have, so it never falls;
    `rss_bytes` is the sum of resident sets, in which pages that processes share count for each of them. PSS counts them
    once; the arbiter is the root of a tree with further processes, which are its workers, and a process alone is a
    worker. None where PSS was not read, or is not told.
    """

    t_s: float
    group: str
    cpu_s: float
    rss_bytes: int
    threads: int
    file_descriptors: int
    arbiter_pss_bytes: int | None = None
    workers_pss_bytes: int | None = None

    @property
    def pss_bytes(self) -> int | None:
        """Of the whole tree."""
        if self.arbiter_pss_bytes is None or self.workers_pss_bytes is None:
            return None
        return self.arbiter_pss_bytes + self.workers_pss_bytes


class Watched(Protocol):
    """A process tree: of this machine, or one that an agent tells of. Its methods are described in Tree."""

    def cpu_s(self) -> float: ...

    def context_switches(self) -> int: ...

    def uss_bytes(self) -> int | None: ...


class Streamed(Protocol):
    """A process tree that is sampled elsewhere."""

    def samples(self) -> Iterator[Sample]:
        """As they come, without an end. Raises InvalidRunError when they stop."""


class Tree:
    """A process and its descendants, which may come and go."""

    def __init__(self, group: str, pid: int) -> None:
        self.group = group
        self._root = psutil.Process(pid)
        self._cpu_s: dict[psutil.Process, float] = {}

    def sample(self, *, with_pss: bool = False) -> Sample | None:
        """None where the tree has ended."""
        t_s = time.perf_counter()
        usages = [usage for process in self._processes() if (usage := self._usage(process))]
        if not usages:
            return None
        sample = Sample(t_s, self.group, sum(self._cpu_s.values()), *map(sum, zip(*usages, strict=True)))
        return self._with_pss(sample) if with_pss else sample

    def cpu_s(self) -> float:
        """CPU time, as in Sample."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                self._cpu_s[process] = kernel.cpu_s(process)
        return sum(self._cpu_s.values())

    def context_switches(self) -> int:
        """Of all threads that there are."""
        return sum(map(kernel.context_switches, self._processes()))

    def uss_bytes(self) -> int | None:
        """Memory that would be freed if the tree ended (unique set size), summed over its processes; None where one is
        another user's."""
        try:
            return sum(map(_uss_bytes, self._processes()))
        except psutil.AccessDenied:
            return None

    def _with_pss(self, sample: Sample) -> Sample:
        """Without a PSS where that of any process is not told. What ends meanwhile holds nothing."""
        told = [_pss_bytes(process) for process in self._processes()]
        held = [each_bytes for each_bytes in told if each_bytes is not None]
        if not held or len(held) < len(told):
            return sample
        arbiter_bytes = held.pop(0) if len(held) > 1 else 0
        return replace(sample, arbiter_pss_bytes=arbiter_bytes, workers_pss_bytes=sum(held))

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
            self._cpu_s[process] = kernel.cpu_s(process)
        except psutil.NoSuchProcess:
            return None
        return usage if usage[0] else None


def _pss_bytes(process: psutil.Process) -> int | None:
    """0 where it has ended; None where it is not told."""
    try:
        return kernel.pss_bytes(process)
    except psutil.NoSuchProcess:
        return 0


def _uss_bytes(process: psutil.Process) -> int:
    """0 where it has ended."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


class Sampler:
    """Samples the trees of this machine in a thread, takes each stream in another, and keeps what it saw."""

    def __init__(self, pids: Mapping[str, int], streams: Iterable[Streamed], pss_of: Collection[str]) -> None:
        self._pss_of = pss_of
        self._trees = [tree for group, pid in pids.items() if (tree := _observable(group, pid))]
        self._samples: list[Sample] = []
        self._failures: list[InvalidRunError] = []
        self._ended = threading.Event()
        threads = [threading.Thread(target=self._take, args=(stream,), daemon=True) for stream in streams]
        self._threads = [threading.Thread(target=self._run, name="sampler", daemon=True), *threads]

    @property
    def samples(self) -> list[Sample]:
        """In the order in which they were taken. Complete when the block of `sampling` has ended.

        Raises InvalidRunError where a stream has stopped.
        """
        if self._failures:
            raise self._failures[0]
        return sorted(self._samples, key=lambda sample: sample.t_s)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Also where it was never started."""
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self) -> None:
        for number in count():
            if self._ended.wait(INTERVAL_S):
                return
            pss_of = self._pss_of if number % PSS_EVERY == 0 else ()
            taken = (tree.sample(with_pss=tree.group in pss_of) for tree in self._trees)
            self._samples += [sample for sample in taken if sample]

    def _take(self, stream: Streamed) -> None:
        try:
            for sample in stream.samples():
                if self._ended.is_set():
                    return
                self._samples.append(sample)
        except InvalidRunError as error:
            self._failures.append(error)


@contextmanager
def sampling(
    pids: Mapping[str, int], streams: Iterable[Streamed] = (), pss_of: Collection[str] = ()
) -> Iterator[Sampler]:
    """Sample the trees with these roots, by group, and take the streams, while the block runs; trees that can't be seen
    are left out. Of the groups `pss_of` a sample in every PSS_EVERY has their PSS."""
    sampler = Sampler(pids, streams, pss_of)
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
