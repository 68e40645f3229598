"""Live figures of the generator since they were last read."""

from __future__ import annotations

import time

from loadtests.load.plan import Progress
from loadtests.statistics import percentile


class Meter:
    """Counts every request; `read` starts a new interval."""

    def __init__(self) -> None:
        self._failures = 0
        self._begin()

    def add(self, service_time_ms: float, failed: bool) -> None:
        self._service_times_ms.append(service_time_ms)
        self._failures += failed

    def read(self, phase: str, users: int) -> Progress:
        now_s, times_ms = time.perf_counter(), self._service_times_ms
        rate_per_s = len(times_ms) / (now_s - self._since_s)
        self._begin()
        return Progress(
            now_s, phase, users, rate_per_s, self._failures, percentile(times_ms, 0.5), percentile(times_ms, 0.99)
        )

    def _begin(self) -> None:
        self._since_s = time.perf_counter()
        self._service_times_ms: list[float] = []
