"""What a replayed response costs, and how punctual it is.

    ES_URL=http://127.0.0.1:9200 python -m tests.benchmarks.replay

A generator of its own asks the replay for one recorded search of ten books: by open load over many connections, with
the delay and without it; at last without a delay, each connection as soon as it has heard. What generator and sockets
add is in the rows without a delay, and how late the generator sent is in the last column. Beside it stands what a
process pays that only sleeps, since the replay sleeps before each request and each delay's end.
Environment variables: ES_URL (a running Elasticsearch, without a password), DELAY_MS (20), RATES (500 1500 3000 5000)
and SECONDS (5 for each).
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import uvloop
from rich.console import Console

from loadtests.backend import replay
from loadtests.backend.replay import HOST
from loadtests.errors import LabError
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.delay import Delay
from loadtests.resources import kernel
from loadtests.resources.timerfd import PunctualTimer
from shared.books import INDEX
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import Row

_TARGET = f"/{INDEX}/_search?size=10"
_REQUEST = f"GET {_TARGET} HTTP/1.1\r\nHost: any\r\n\r\n".encode()
_CONNECTIONS = 400
_CLOSED_CONNECTIONS = 32
_SLEEPS = 1_000
_SLEEP_S = 0.001
_HEADER = (
    *("DELAY_MS", "offered, /s", "answered, /s", "CPU, µs", "p50, ms", "p99, ms", "p99.9, ms"),
    "asked late, p99, ms",
)


class _Asking(asyncio.Protocol):
    """A connection that asks and hears one response at a time, and calls `heard` with itself then."""

    def __init__(self, times_ms: list[float], heard: Callable[[_Asking], None], size_bytes: int) -> None:
        self._times_ms = times_ms
        self._heard = heard
        self._size_bytes = size_bytes

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def ask(self) -> None:
        self._missing_bytes = self._size_bytes
        self._began_s = time.perf_counter()
        self._transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        self._missing_bytes -= len(data)
        if self._missing_bytes > 0:
            return
        self._times_ms.append((time.perf_counter() - self._began_s) * 1000)
        self._heard(self)


@dataclass(frozen=True)
class _Replayed:
    port: int
    process: psutil.Process
    response_bytes: int


@dataclass(frozen=True)
class _Heard:
    times_ms: list[float]
    late_ms: list[float]
    """How late each request was sent, by open load."""


def main(es_url: str, delay: Delay, rates_per_s: list[float], seconds: float) -> None:
    """Print a row for each rate, and what a sleep costs."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        try:
            markdown.show(_HEADER, _rows(es_url, delay, rates_per_s, seconds, home))
        finally:
            replay.stop(Console(stderr=True), home)
    print(f"\nA sleep of {_SLEEP_S * 1000:g} ms alone: {_sleep_cpu_us():.1f} µs of CPU")


def _rows(es_url: str, delay: Delay, rates_per_s: list[float], seconds: float, home: Path) -> Iterator[Row]:
    for one in (delay, Delay()):
        replayed = _started(es_url, one, home)
        for rate_per_s in rates_per_s:
            before_s = kernel.cpu_s(replayed.process)
            heard = uvloop.run(_ask(replayed, rate_per_s, seconds))
            cells = _cells(heard.times_ms, kernel.cpu_s(replayed.process) - before_s, seconds)
            yield str(one), rate_per_s, *cells, float(np.quantile(heard.late_ms, 0.99))
    before_s = kernel.cpu_s(replayed.process)
    times_ms = uvloop.run(_ask_again(replayed, seconds))
    cells = _cells(times_ms, kernel.cpu_s(replayed.process) - before_s, seconds)
    yield "0", f"by {_CLOSED_CONNECTIONS} users", *cells, "-"


def _started(es_url: str, delay: Delay, home: Path) -> _Replayed:
    """A replay that has recorded the response, and got warm. Raises LabError."""
    started = replay.start(es_url, None, None, delay, Console(stderr=True), home)
    with socket.create_connection((HOST, started.port)) as connection, connection.makefile("rb") as reader:
        connection.sendall(_REQUEST.replace(b"Host: any", b"Host: any\r\nConnection: close"))
        response = reader.read()
    if not response.startswith(b"HTTP/1.1 200 "):
        raise LabError(f"ES_URL={es_url} has no books to record: name an Elasticsearch that `make up` has filled")
    replayed = _Replayed(started.port, psutil.Process(started.pid), len(response))
    uvloop.run(_ask(replayed, 100, 1))
    return replayed


def _cells(times_ms: list[float], cpu_s: float, seconds: float) -> tuple[float, ...]:
    percentiles_ms = np.quantile(times_ms, [0.5, 0.99, 0.999])
    return len(times_ms) / seconds, cpu_s / len(times_ms) * 1_000_000, *map(float, percentiles_ms)


async def _ask(replayed: _Replayed, rate_per_s: float, seconds: float) -> _Heard:
    """Open load: returns the time of each response in ms, from the moment at which its request was sent."""
    idle: list[_Asking] = []
    heard = _Heard([], [])
    loop = asyncio.get_running_loop()
    idle.extend([await _connected(replayed, heard.times_ms, idle.append) for _ in range(_CONNECTIONS)])
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
            heard.late_ms.append((time.perf_counter() - begin_s - float(at_s)) * 1000)
            idle.pop().ask()
    while len(idle) < _CONNECTIONS:
        await asyncio.sleep(0.01)
    loop.remove_reader(timer.fd)
    return heard


async def _ask_again(replayed: _Replayed, seconds: float) -> list[float]:
    """Closed load without a pause: returns the time of each response in ms."""
    times_ms: list[float] = []
    end_s = time.perf_counter() + seconds

    def heard(asking: _Asking) -> None:
        if time.perf_counter() < end_s:
            asking.ask()

    for asking in [await _connected(replayed, times_ms, heard) for _ in range(_CLOSED_CONNECTIONS)]:
        asking.ask()
    await asyncio.sleep(seconds + 0.1)
    return times_ms


async def _connected(replayed: _Replayed, times_ms: list[float], heard: Callable[[_Asking], None]) -> _Asking:
    loop = asyncio.get_running_loop()
    _, asking = await loop.create_connection(
        lambda: _Asking(times_ms, heard, replayed.response_bytes), HOST, replayed.port
    )
    return asking


def _sleep_cpu_us() -> float:
    """CPU of one sleep by the timer that the replay sleeps by."""
    timer, began_s = PunctualTimer(), time.process_time()
    for _ in range(_SLEEPS):
        timer.set(time.perf_counter() + _SLEEP_S)
        select.select([timer.fd], [], [])
    return (time.process_time() - began_s) / _SLEEPS * 1_000_000


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
