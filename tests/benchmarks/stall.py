"""Whether a stall is seen: a server stops for 1 s in every 10 s, and 200 requests/s are due meanwhile.

    python -m tests.benchmarks.stall

By arithmetic: who arrives x seconds before a stall ends waits for x, so that of all arrivals the share (stall_s - x) /
every_s waits for longer than x. It is 1% at x = stall_s - every_s / 100: 0.9 s is the p99 response time. Beside it ten
closed users with Locust's constant_throughput(20), as many requests per second: a stall holds up one request of each,
0.5% of all, so that the p99 service time can't see it.
Environment variables: SECONDS (60) and SEED (0).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from loadtests.checkout import PROJECT
from loadtests.load.locust_process import locust_command
from loadtests.statistics import Numbers, percentile
from tests.benchmarks import markdown
from tests.benchmarks.generator import at_rate, generating, recorded
from tests.benchmarks.measuring import measure
from tests.known_service import Behaviour, known_service

RATE_PER_S = 200
USERS = 10
STALLING = Behaviour(stall_every_s=10, stall_s=1)
EXPECTED_P99_MS = (STALLING.stall_s - STALLING.stall_every_s / 100) * 1000


def main(duration_s: float, seed: str) -> None:
    """Print the p99 of both loads beside what arithmetic says."""
    open_ms, paced_ms = _open_p99_ms(duration_s, seed), _paced_p99_ms(duration_s)
    paced = f"closed, {USERS} users at {RATE_PER_S // USERS}/s each"
    rows = [
        (f"open, {RATE_PER_S}/s", "response time", EXPECTED_P99_MS, open_ms, _error(open_ms)),
        (paced, "service time", EXPECTED_P99_MS, paced_ms, _error(paced_ms)),
    ]
    markdown.show(("load", "measured", "p99 by arithmetic, ms", "p99, ms", "error"), rows)


def _error(p99_ms: float) -> str:
    return f"{p99_ms / EXPECTED_P99_MS - 1:+.1%}"


def _open_p99_ms(duration_s: float, seed: str) -> float:
    with TemporaryDirectory() as made, known_service(Path(made), STALLING) as url, generating(Path(made)) as conductor:
        conductor.play(at_rate(url, RATE_PER_S, duration_s, seed))
        conductor.end()
        return _p99(recorded(conductor)["response_time_ms"].to_numpy())


def _paced_p99_ms(duration_s: float) -> float:
    with TemporaryDirectory() as made, known_service(Path(made), STALLING) as url:
        records = Path(made) / "paced.parquet"
        command = [
            *locust_command(url, Path(__file__).with_name("paced.py")), "--headless", "--only-summary",
            "--users", str(USERS), "--spawn-rate", str(USERS), "--run-time", f"{duration_s:.0f}s",
        ]  # fmt: skip
        environ = {**os.environ, "RECORDS": str(records), "EACH_PER_S": str(RATE_PER_S / USERS)}
        subprocess.run(command, cwd=PROJECT, env=environ, check=True, capture_output=True)
        return _p99(pq.read_table(records)["service_time_ms"].to_numpy())


def _p99(times_ms: Numbers) -> float:
    found = percentile(times_ms, 0.99)
    assert found is not None, "too few requests"
    return found


if __name__ == "__main__":
    measure("stall", lambda: main(float(os.environ.get("SECONDS", "60")), os.environ.get("SEED", "0")))
