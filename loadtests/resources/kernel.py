"""Kernel accounting beyond psutil: precise CPU time, PSS, context switches of all threads, and pressure on the CPUs."""

from __future__ import annotations

import re
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

_PROCESS_WIDE = 2
"""CPUCLOCK_SCHED of Linux's posix-timers.h: the scheduler's own clock, of all threads together."""
_PRESSURE = Path("/proc/pressure/cpu")
_BYTES_PER_KIB = 1024
_switches = re.compile(r"^(?:non)?voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE).findall
_pss_kib = re.compile(rb"^Pss:\s+(\d+) kB$", re.MULTILINE).search
_stalled_us = re.compile(r"^some .* total=(\d+)$", re.MULTILINE).search


def cpu_s(process: psutil.Process) -> float:
    """CPU time of all threads, of those that have ended too, without its children.

    In ns on Linux, by the clock that clock_getcpuclockid(3) names (psutil reads ticks of 10 ms); in ticks elsewhere.
    Raises psutil.NoSuchProcess.
    """
    if sys.platform != "linux":
        times = process.cpu_times()
        return float(times.user + times.system)
    try:
        return time.clock_gettime(~process.pid << 3 | _PROCESS_WIDE)
    except OSError as error:
        raise psutil.NoSuchProcess(process.pid) from error


def pss_bytes(process: psutil.Process) -> int | None:
    """Proportional set size: each page counts divided by the number of processes that map it.

    None where the kernel does not tell it (no procfs, Linux before 4.14, another user's process). A reading holds the
    process's memory map against changes: about 2 ms for 150 MiB, 18 ms for 750 MiB. Raises psutil.NoSuchProcess.
    """
    if not _tells_pss():
        return None
    try:
        found = _pss_kib(Path(f"/proc/{process.pid}/smaps_rollup").read_bytes())
    except PermissionError:
        return None
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    if found is None:
        raise psutil.NoSuchProcess(process.pid)  # a process without memory has ended
    return int(found[1]) * _BYTES_PER_KIB


def _tells_pss() -> bool:
    return Path("/proc/self/smaps_rollup").exists()


def context_switches(process: psutil.Process) -> int:
    """Voluntary and not, of all threads that the process has (psutil tells those of its first); 0 without procfs.

    A thread that ends takes its count with it.
    """
    return sum(map(_of_thread, Path(f"/proc/{process.pid}/task").glob("*/status")))


def _of_thread(status: Path) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        return sum(map(int, _switches(status.read_text())))
    return 0


def run_queue_wait_s(pid: int) -> float | None:
    """For how long, up to now, its threads were ready and waited for a core; None where the kernel does not tell.

    The second number of /proc/PID/task/TID/schedstat, see Documentation/scheduler/sched-stats.rst of the Linux kernel.
    A thread that ends takes its count with it. Raises psutil.NoSuchProcess.
    """
    if not Path("/proc/self/schedstat").exists():
        return None
    waits_ns = []
    for schedstat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            waits_ns.append(int(schedstat.read_text().split()[1]))
    if not waits_ns:
        raise psutil.NoSuchProcess(pid)
    return sum(waits_ns) / 1_000_000_000


def cpu_pressure_s() -> float | None:
    """For how long, since the machine started, some task was ready to run and had no CPU; None where it isn't told.

    Pressure stall information: Documentation/accounting/psi.rst of the Linux kernel.
    """
    if not _PRESSURE.exists():
        return None
    found = _stalled_us(_PRESSURE.read_text())
    return int(found[1]) / 1_000_000 if found else None
