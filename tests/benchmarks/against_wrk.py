"""Whether the figures of closed load are right: beside those of wrk, on one server and with as many connections.

    python -m tests.benchmarks.against_wrk

The server takes a known time for each answer. Both generators take turns; the medians of their rounds are compared.
What ours takes for a request itself, some tenths of a millisecond, is in its service times, and in those of requests
whose answers come at the same moment: the share of that grows with the rate and shrinks with the server's time, which
the conditions vary. Needs wrk (Debian: apt-get install wrk). Environment variables: ROUNDS (5) and SECONDS (5, of a
round).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from loadtests.load.conductor import Conductor
from loadtests.load.orders import Order
from loadtests.statistics import percentile, shares
from tests.benchmarks import markdown
from tests.benchmarks.generator import closed, generating, recorded
from tests.benchmarks.measuring import measure
from tests.known_service import Behaviour, known_service

CONDITIONS = ((1, 10), (4, 10), (4, 20), (8, 50), (16, 50))
"""Connections, and the server's time in ms."""
_rate = re.compile(r"Requests/sec:\s+([\d.]+)").search
_p50 = re.compile(r"50%\s+([\d.]+)(us|ms|s)\b").search
_MS_PER_UNIT = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class Told:
    """What a generator says of its round."""

    rate_per_s: float
    p50_ms: float


def main(rounds: int, duration_s: int) -> None:
    """Print the medians of both, and their ratios."""
    header = ("connections", "server, ms", "wrk, /s", "twinlab, /s", "ratio", "wrk p50, ms", "twinlab p50, ms", "ratio")
    markdown.show(header, (_row(*condition, rounds, duration_s) for condition in CONDITIONS))


def _row(connections: int, delay_ms: int, rounds: int, duration_s: int) -> tuple[object, ...]:
    of_wrk, ours = _both(connections, Behaviour(delay_ms=delay_ms), rounds, duration_s)
    rates, p50s = (of_wrk.rate_per_s, ours.rate_per_s), (of_wrk.p50_ms, ours.p50_ms)
    return connections, delay_ms, *rates, rates[1] / rates[0], *p50s, p50s[1] / p50s[0]


def _both(connections: int, behaviour: Behaviour, rounds: int, duration_s: int) -> tuple[Told, Told]:
    """The medians of wrk's rounds, and of ours."""
    with TemporaryDirectory() as made, known_service(Path(made), behaviour) as url, generating(Path(made)) as conductor:
        conductor.play(closed(url, connections, duration_s, number=0))
        of_wrk, performed = [], []
        for number in range(1, rounds + 1):
            of_wrk.append(_wrk(url, duration_s, connections))
            performed.append(conductor.play(closed(url, connections, duration_s, number))[0])
        conductor.end()
        return _median(of_wrk), _median([_of_round(conductor, order) for order in performed])


def _wrk(url: str, duration_s: int, connections: int) -> Told:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration_s}s", "--latency", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, p50 = _rate(said), _p50(said)
    assert rate is not None, said
    assert p50 is not None, said
    return Told(float(rate[1]), float(p50[1]) * _MS_PER_UNIT[p50[2]])


def _of_round(conductor: Conductor, order: Order) -> Told:
    requests = recorded(conductor, order.number)
    p50_ms = percentile(requests["service_time_ms"].to_numpy(), 0.5)
    assert p50_ms is not None, "no requests"
    return Told(float(shares(requests, order.begin_s, order.end_s).sum()) / order.duration_s, p50_ms)


def _median(told: list[Told]) -> Told:
    return Told(median(one.rate_per_s for one in told), median(one.p50_ms for one in told))


if __name__ == "__main__":
    if shutil.which("wrk") is None:
        sys.exit("wrk is not here: install it (Debian: apt-get install wrk)")
    rounds, seconds = (int(os.environ.get(name, "5")) for name in ("ROUNDS", "SECONDS"))
    measure("against_wrk", lambda: main(rounds, seconds))
