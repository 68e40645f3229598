"""What it costs to read the PSS of a process, beside the resident set that is sampled four times a second.

    python -m tests.benchmarks.pss_cost

Processes hold blocks of memory of these sizes, every page of them touched. Environment variables: SIZES_MIB
(0 40 120 700) and READINGS (200) of each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median

import psutil

from loadtests.resources import kernel
from loadtests.resources.sampler import INTERVAL_S, PSS_EVERY
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure

HOLD = "import sys; held = b'x' * (int(sys.argv[1]) * 2**20); print(flush=True); input()"


def main(sizes_mib: Sequence[int], readings: int) -> None:
    """Print a row for each size."""
    markdown.show(
        ("RSS, MiB", "RSS, us a reading", "PSS, us a reading", "PSS, share of a core"), _rows(sizes_mib, readings)
    )


def _rows(sizes_mib: Sequence[int], readings: int) -> Iterator[tuple[object, ...]]:
    for size_mib in sizes_mib:
        command = [sys.executable, "-c", HOLD, str(size_mib)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holding:
            assert holding.stdout is not None
            holding.stdout.readline()
            process = psutil.Process(holding.pid)
            rss_us, pss_us = (
                _cost_us(read, readings) for read in (process.memory_info, partial(kernel.pss_bytes, process))
            )
            yield process.memory_info().rss // 2**20, rss_us, pss_us, f"{pss_us / 1e6 / INTERVAL_S / PSS_EVERY:.2%}"
            holding.communicate(b"\n")


def _cost_us(read: Callable[[], object], readings: int) -> float:
    """Median CPU time of this thread, which walks the other's pages in the kernel."""
    costs_s = []
    for _ in range(readings):
        begin_s = time.thread_time()
        read()
        costs_s.append(time.thread_time() - begin_s)
    return median(costs_s) * 1e6


if __name__ == "__main__":
    sizes = [int(size) for size in os.environ.get("SIZES_MIB", "0 40 120 700").split()]
    measure("pss_cost", lambda: main(sizes, int(os.environ.get("READINGS", "200"))))
