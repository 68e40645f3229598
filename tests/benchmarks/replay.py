"""What a replayed response costs, and how punctual it is.

    ES_URL=http://127.0.0.1:9200 python -m tests.benchmarks.replay

A generator of its own asks the replay for one recorded response, by open load over many connections. Environment
variables: ES_URL (a running Elasticsearch, without a password), DELAY_MS (20), RATES (500 1500 3000 5000) and SECONDS
(5 for each).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import uvloop
from rich.console import Console

from loadtests.backend import replay
from loadtests.backend.replay import HOST, Replay
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.delay import Delay
from loadtests.resources import kernel
from loadtests.resources.timerfd import PunctualTimer
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import Row

_REQUEST = b"GET / HTTP/1.1\r\nHost: any\r\n\r\n"
_CONNECTIONS = 400
_HEADER = ("DELAY_MS", "offered, /s", "answered, /s", "CPU, µs", "p50, ms", "p99, ms", "p99.9, ms")


class _Asking(asyncio.Protocol):
    """A connection that asks and hears one response at a time."""

    def __init__(self, idle: list[_Asking], times_ms: list[float]) -> None:
        self._idle = idle
        self._times_ms = times_ms

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._idle.append(self)

    def ask(self) -> None:
        self._began_s = time.perf_counter()
        self._transport.write(_REQUEST)

    def data_received(self, _: bytes) -> None:
        """A response is small enough to come at once."""
        self._times_ms.append((time.perf_counter() - self._began_s) * 1000)
        self._idle.append(self)


def main(es_url: str, delay: Delay, rates_per_s: list[float], seconds: float) -> None:
    """Print a row for each rate."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        try:
            started = replay.start(es_url, None, None, delay, Console(stderr=True), home)
            markdown.show(_HEADER, _rows(started, delay, rates_per_s, seconds))
        finally:
            replay.stop(Console(stderr=True), home)


def _rows(started: Replay, delay: Delay, rates_per_s: list[float], seconds: float) -> Iterator[Row]:
    process = psutil.Process(started.pid)
    uvloop.run(_ask(started.port, 100, 1))
    for rate_per_s in rates_per_s:
        before_s = kernel.cpu_s(process)
        times_ms = uvloop.run(_ask(started.port, rate_per_s, seconds))
        cpu_us = (kernel.cpu_s(process) - before_s) / len(times_ms) * 1_000_000
        percentiles_ms = np.quantile(times_ms, [0.5, 0.99, 0.999])
        yield str(delay), rate_per_s, len(times_ms) / seconds, cpu_us, *map(float, percentiles_ms)


async def _ask(port: int, rate_per_s: float, seconds: float) -> list[float]:
    """Returns the time of each response in ms, from the moment at which its request was sent."""
    idle: list[_Asking] = []
    times_ms: list[float] = []
    loop = asyncio.get_running_loop()
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: _Asking(idle, times_ms), HOST, port)
    due, timer = asyncio.Event(), PunctualTimer()

    def ring() -> None:
        timer.clear()
        due.set()

    loop.add_reader(timer.fd, ring)
    begin_s = time.perf_counter() + 0.1
    for at_s in poisson_arrivals_s(((rate_per_s, seconds),), "replay"):
        if begin_s + at_s > time.perf_counter():
            timer.set(begin_s + float(at_s))
            await due.wait()
            due.clear()
        if idle:
            idle.pop().ask()
    while len(idle) < _CONNECTIONS:
        await asyncio.sleep(0.01)
    loop.remove_reader(timer.fd)
    return times_ms


if __name__ == "__main__":
    environ = os.environ
    measure(
        "replay",
        lambda: main(
            environ["ES_URL"],
            Delay.parse(environ.get("DELAY_MS", "20")),
            [float(rate) for rate in environ.get("RATES", "500 1500 3000 5000").split()],
            float(environ.get("SECONDS", "5")),
        ),
    )
