"""What a starved generator says of itself, before a server that never changes.

    python -m tests.benchmarks.starved

The generator has one core, which burners share with it, each in a session of its own (Linux shares a core out by
session); the server answers after 5 ms, on the other cores. A slower server and a starved generator look alike in all
other figures. Environment variable: SECONDS (3, of each slice).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from loadtests.errors import LabError
from loadtests.load.conductor import Conductor
from loadtests.load.orders import Done, Order
from loadtests.resources.affinity import let_run, machine_cores, starting_on
from loadtests.statistics import percentile
from tests.benchmarks import markdown
from tests.benchmarks.generator import at_rate, closed, generating, recorded
from tests.benchmarks.measuring import measure
from tests.known_service import Behaviour, known_service

BURNERS = ((0, 0.0), (1, 0.25), (1, 0.5), (1, 1.0), (2, 1.0), (4, 1.0))
"""How many programs share the generator's core, and for which share of each 20 ms they work."""
ROUNDS = 2
_BURN = """
import sys, time
share = float(sys.argv[1])
print(flush=True)
while True:
    until = time.perf_counter() + 0.02 * share
    while time.perf_counter() < until: pass
    if share < 1: time.sleep(0.02 * (1 - share))
"""


def main(seconds: float) -> None:
    """Print a row for each number of burners and kind of load, round by round. Raises LabError without two cores."""
    cores = machine_cores()
    if len(cores) < 2:
        raise LabError("the generator needs a core beside the server's: take a machine with two")
    markdown.show(
        (
            "burners",
            "each works",
            "load",
            "waited for its core",
            "event loop late, ms",
            "answers/s",
            "p50, ms",
            "p99, ms",
        ),
        (row for _ in range(ROUNDS) for burners, share in BURNERS for row in _rows(burners, share, cores, seconds)),
    )


def _rows(burners: int, share: float, cores: list[int], seconds: float) -> Iterator[tuple[object, ...]]:
    own, *others = cores
    with TemporaryDirectory() as made, ExitStack() as running:
        with starting_on(others):
            url = running.enter_context(known_service(Path(made), Behaviour(delay_ms=5)))
        conductor = running.enter_context(generating(Path(made)))
        let_run(psutil.Process(*conductor.pids), {own})
        loads = {"closed, 4 users": closed(url, 4, seconds), "open, 200/s": at_rate(url, 200, seconds, "starved")}
        with _burning(burners, share, own):
            orders = [replace(order, number=number) for number, order in enumerate(loads.values(), 1)]
            played = [conductor.play(order) for order in orders]
        conductor.end()
        for name, (order, done) in zip(loads, played, strict=True):
            yield burners, share, name, *_figures(conductor, order, done)


def _figures(conductor: Conductor, order: Order, done: Done) -> tuple[object, ...]:
    times_ms = recorded(conductor, order.number)["response_time_ms"].to_numpy()
    (waited_s,), (lag_ms,) = done.run_queue_wait_s, done.heartbeat_lag_ms
    waited = None if waited_s is None else f"{waited_s / order.duration_s:.0%}"
    rate_per_s = done.requests / order.duration_s
    return waited, lag_ms, rate_per_s, percentile(times_ms, 0.5), percentile(times_ms, 0.99)


@contextmanager
def _burning(count: int, share: float, core: int) -> Iterator[None]:
    with ExitStack() as running:
        for _ in range(count):
            with starting_on({core}):
                command = [sys.executable, "-c", _BURN, str(share)]
                burner = running.enter_context(
                    subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
                )
            running.callback(burner.kill)
            assert burner.stdout is not None
            burner.stdout.readline()
        yield


if __name__ == "__main__":
    measure("starved", lambda: main(float(os.environ.get("SECONDS", "3"))))
