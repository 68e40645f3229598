"""Whether the figures of closed load are right: beside those of wrk, on one server and with as many connections.

    python -m tests.benchmarks.against_wrk

The server takes 10 ms for each answer, so that both generators are far below their ceilings; they take turns, and the
medians of their rounds are compared. Needs wrk (Debian: apt-get install wrk). Environment variables: ROUNDS (5),
SECONDS (5, of a round) and CONNECTIONS (4).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from loadtests.comparison.conductor import Conductor
from loadtests.statistics import percentile
from tests.benchmarks import markdown
from tests.benchmarks.generator import closed, generating, recorded
from tests.known_service import Behaviour, known_service

SLOW = Behaviour(delay_ms=10)
_rate = re.compile(r"Requests/sec:\s+([\d.]+)").search
_p50 = re.compile(r"50%\s+([\d.]+)(us|ms|s)\b").search
_MS_PER_UNIT = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class Told:
    """What a generator says of its round."""

    rate_per_s: float
    p50_ms: float


def main(rounds: int, duration_s: int, connections: int) -> None:
    """Print the medians of both, and their ratios."""
    with TemporaryDirectory() as made, known_service(Path(made), SLOW) as url, generating(Path(made)) as conductor:
        conductor.play(closed(url, connections, duration_s, number=0))
        of_wrk = []
        for number in range(1, rounds + 1):
            of_wrk.append(_wrk(url, duration_s, connections))
            conductor.play(closed(url, connections, duration_s, number))
        conductor.end()
        ours = [_of_round(conductor, number, duration_s) for number in range(1, rounds + 1)]
    both = [_median(of_wrk), _median(ours)]
    ratios = Told(both[1].rate_per_s / both[0].rate_per_s, both[1].p50_ms / both[0].p50_ms)
    rows = [(name, *astuple(told)) for name, told in zip(("wrk", "twinlab", "ratio"), (*both, ratios), strict=True)]
    markdown.show((f"{connections} connections", "requests/s", "p50, ms"), rows)


def _wrk(url: str, duration_s: int, connections: int) -> Told:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration_s}s", "--latency", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, p50 = _rate(said), _p50(said)
    assert rate is not None, said
    assert p50 is not None, said
    return Told(float(rate[1]), float(p50[1]) * _MS_PER_UNIT[p50[2]])


def _of_round(conductor: Conductor, number: int, duration_s: int) -> Told:
    requests = recorded(conductor, number)
    p50_ms = percentile(requests["service_time_ms"].to_numpy(), 0.5)
    assert p50_ms is not None, "no requests"
    return Told(requests.num_rows / duration_s, p50_ms)


def _median(told: list[Told]) -> Told:
    return Told(median(one.rate_per_s for one in told), median(one.p50_ms for one in told))


if __name__ == "__main__":
    if shutil.which("wrk") is None:
        sys.exit("wrk is not here: install it (Debian: apt-get install wrk)")
    main(
        *(int(os.environ.get(name, usual)) for name, usual in (("ROUNDS", "5"), ("SECONDS", "5"), ("CONNECTIONS", "4")))
    )
