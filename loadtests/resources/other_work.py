"""What else a machine works at: CPU time that is not the lab's, the kernel's own, and what a hypervisor took away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from loadtests.resources import kernel


@dataclass(frozen=True)
class OtherWork:
    """Beside the lab, in cores on average: of other processes; of the kernel's interrupts, whoever caused them; and
    stolen by the hypervisor."""

    foreign_cores: float
    kernel_cores: float
    steal_cores: float

    @property
    def disturbing_cores(self) -> float:
        """What the lab did not cause: its own network traffic makes interrupts."""
        return self.foreign_cores + self.steal_cores

    def __add__(self, other: OtherWork) -> OtherWork:
        return OtherWork(
            self.foreign_cores + other.foreign_cores,
            self.kernel_cores + other.kernel_cores,
            self.steal_cores + other.steal_cores,
        )


@dataclass(frozen=True)
class HostReading:
    """CPU time of a host up to `at_s` of its `perf_counter`, of all `cores` together; `lab_cpu_s` is the lab's there.

    Idle time is the kernel's exact account, where the other columns of /proc/stat count ticks: so what was busy is told
    from what was not idle.
    """

    at_s: float
    cores: int
    idle_s: float
    kernel_s: float
    steal_s: float
    lab_cpu_s: float

    def since(self, before: HostReading) -> OtherWork:
        """Foreign is what was busy and neither the lab's, nor the kernel's, nor stolen; zero where the accounts, which
        are of several clocks, leave less than nothing."""
        length_s = self.at_s - before.at_s
        kernel_s, steal_s = self.kernel_s - before.kernel_s, self.steal_s - before.steal_s
        busy_s = self.cores * length_s - (self.idle_s - before.idle_s)
        foreign_s = busy_s - kernel_s - steal_s - (self.lab_cpu_s - before.lab_cpu_s)
        return OtherWork(*(max(part_s, 0.0) / length_s for part_s in (foreign_s, kernel_s, steal_s)))


def read_host(lab_cpu_s: float) -> HostReading:
    """This host at this moment. On systems that do not tell of interrupts or steal, these are 0."""
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    kernel_s = getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
    steal_s = getattr(times, "steal", 0.0)
    return HostReading(time.perf_counter(), psutil.cpu_count() or 1, idle_s, kernel_s, steal_s, lab_cpu_s)


class Processes:
    """These processes and all of their descendants, each counted once, and this very process with its own."""

    def __init__(self, pids: Iterable[int] = ()) -> None:
        self._roots = [psutil.Process(pid) for pid in {os.getpid(), *pids}]
        self._cpu_s: dict[psutil.Process, float] = {}

    def cpu_s(self) -> float:
        """CPU time of all that were ever seen, so it never falls."""
        for root in self._roots:
            with suppress(psutil.NoSuchProcess):
                for process in (root, *root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        self._cpu_s[process] = kernel.cpu_s(process)
        return sum(self._cpu_s.values())
