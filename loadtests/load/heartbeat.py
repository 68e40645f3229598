"""The lag of an event loop: how late a greenlet wakes that wants to run every few ms."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent

INTERVAL_S = 0.01


@contextmanager
def heartbeat(end_s: float) -> Iterator[list[float]]:
    """How many ms late it woke each time, up to `end_s` of `perf_counter`, while the block runs."""
    lags_ms: list[float] = []
    beating = gevent.spawn(_beat, lags_ms, end_s)
    try:
        yield lags_ms
    finally:
        beating.kill()


def _beat(lags_ms: list[float], end_s: float) -> None:
    while (due_s := time.perf_counter() + INTERVAL_S) < end_s:
        gevent.sleep(INTERVAL_S)
        lags_ms.append((time.perf_counter() - due_s) * 1000)
