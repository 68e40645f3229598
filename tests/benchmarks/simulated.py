"""Whether the simulation behind `make advise` is right: beside a service that waits and burns CPU as it is told.

    python -m tests.benchmarks.simulated

Each request waits 20 ms, and then costs 8,000 rounds of hashing. Such a service takes four requests at a time, as one
with four threads does, and another takes all. Each is offered shares of what it answers to closed load. The simulation
is given the very arrivals that the generator had, and the CPU time that an answer cost meanwhile; all of its times are
fixed, as the service's are. Environment variables: SECONDS (10, of a rate), SHARES (0.2 0.5 0.7 0.8) and SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from loadtests.advice.queueing import UNCOUNTED_SHARE, Array, Request, Worker, simulate
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.load.conductor import Conductor
from loadtests.load.orders import Done, Order
from loadtests.resources.sampler import Tree
from loadtests.servers import serving
from loadtests.statistics import Numbers, percentile
from tests.benchmarks import markdown
from tests.benchmarks.generator import at_rate, closed, generating, recorded
from tests.benchmarks.measuring import measure
from tests.known_service import Behaviour

DELAY_MS, ROUNDS, BLOCK_BYTES, THREADS = 20, 8_000, 48, 4
SERVICES = {f"{THREADS} threads": THREADS, "no limit": None}
READ_MS = 0.1
"""Of CPU, before the wait. A service without a limit reads a request when the core is free; one whose threads are all
held has read those that wait for one."""
USERS = 32
PROBE_S = 3.0


def main(duration_s: float, shares: Sequence[float], seed: str) -> None:
    """Print a row for each service and rate."""
    header = (
        "service", "rate, share of its peak", "requests/s", "CPU, ms",
        "p50 simulated, ms", "measured", "error", "p99 simulated, ms", "measured", "error",
    )  # fmt: skip
    rows = (_rows(name, threads, duration_s, shares, seed) for name, threads in SERVICES.items())
    markdown.show(header, chain.from_iterable(rows))


def _rows(
    name: str, threads: int | None, duration_s: float, shares: Sequence[float], seed: str
) -> Iterator[tuple[object, ...]]:
    contender = Behaviour(DELAY_MS, threads or 0, ROUNDS, BLOCK_BYTES).contender("known")
    with (
        TemporaryDirectory() as made,
        serving(contender, "", Path(made) / "known.log") as server,
        generating(Path(made)) as conductor,
    ):
        assert server.pid is not None, "the lab's own"
        tree = Tree("server", server.pid)
        peak, _ = _play(conductor, tree, closed(server.url, USERS, PROBE_S, number=0))
        peak_per_s = peak.requests / PROBE_S
        orders = [
            at_rate(server.url, share * peak_per_s, duration_s, f"{seed}/{number}", number)
            for number, share in enumerate(shares, 1)
        ]
        costs_ms = [_play(conductor, tree, order)[1] for order in orders]
        conductor.end()
        for share, order, cpu_ms in zip(shares, orders, costs_ms, strict=True):
            measured_ms, simulated_ms = _measured(conductor, order), _simulated(order, threads, cpu_ms)
            figures = chain.from_iterable(_compared(simulated_ms, measured_ms, at) for at in (0.5, 0.99))
            yield name, f"{share:.0%}", share * peak_per_s, cpu_ms, *figures


def _play(conductor: Conductor, tree: Tree, order: Order) -> tuple[Done, float]:
    """With the CPU ms that each of its answers cost the server."""
    before_s = tree.cpu_s()
    _, done = conductor.play(order)
    return done, (tree.cpu_s() - before_s) * 1000 / done.requests


def _measured(conductor: Conductor, order: Order) -> Array:
    """Response times, without the first as in the simulation."""
    requests = recorded(conductor, order.number).sort_by("intended_s")
    times_ms: Array = requests["response_time_ms"].to_numpy()
    return times_ms[int(UNCOUNTED_SHARE * len(times_ms)) :]


def _simulated(order: Order, threads: int | None, cpu_ms: float) -> Array:
    read_ms = 0 if threads else READ_MS
    request = Request((read_ms, cpu_ms - read_ms), (DELAY_MS,), variation=0)
    return simulate(request, Worker(threads=threads), poisson_arrivals_s(order.segments, order.seed)).response_times_ms


def _compared(simulated_ms: Numbers, measured_ms: Numbers, share: float) -> tuple[object, ...]:
    simulated, measured = percentile(simulated_ms, share), percentile(measured_ms, share)
    if simulated is None or measured is None:
        return simulated, measured, None
    return simulated, measured, f"{simulated / measured - 1:+.0%}"


if __name__ == "__main__":
    seconds = float(os.environ.get("SECONDS", "10"))
    shares = [float(share) for share in os.environ.get("SHARES", "0.2 0.5 0.7 0.8").split()]
    measure("simulated", lambda: main(seconds, shares, os.environ.get("SEED", "0")))
