"""Five services of which all is known, in one pair: each has the throughput and the times of arithmetic.

    python -m tests.benchmarks.five

Each serves so many requests at once, for so long. Users keep all slots busy; with one user a request takes the delay.
Environment variables: PAIRS (3) and SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from statistics import mean

from loadtests.comparison.figures import Side
from loadtests.load.profiles import closed
from loadtests.statistics import ALL
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import Row, play
from tests.known_service import Behaviour

SLOTS = {"a": 1, "b": 2, "c": 4, "d": 8, "e": 4}
DELAYS_MS = {"a": 20, "b": 20, "c": 20, "d": 50, "e": 100}
USERS = 8
PROFILE = closed("peak", USERS, quick=False, response_ms=100)


def main(pairs: int, seed: str) -> None:
    """Print a row for each service."""
    header = ("slots", "delay, ms", "by arithmetic, /s", "responses/s", "error", "p50 by arithmetic, ms", "p50, ms", "error")
    markdown.show(header, _rows(pairs, seed))


def _rows(pairs: int, seed: str) -> Iterator[Row]:
    five = {side: Behaviour(delay_ms=DELAYS_MS[side], slots=SLOTS[side]).contender(side) for side in SLOTS}
    found = [*play(five, PROFILE, pairs, seed)]
    blocks, endpoints = ([*chain.from_iterable(getattr(one, name) for one in found)] for name in ("blocks", "endpoints"))
    for side in SLOTS:
        per_s = mean(block.correct_answers_per_s for block in blocks if block.side == side)
        p50_ms = mean(one.p50_ms or 0.0 for one in endpoints if (one.side, one.endpoint) == (side, ALL))
        expected_per_s, expected_ms = _arithmetic(side)
        yield (
            SLOTS[side], DELAYS_MS[side], expected_per_s, per_s, f"{per_s / expected_per_s - 1:+.1%}",
            expected_ms, p50_ms, f"{p50_ms / expected_ms - 1:+.1%}",
        )  # fmt: skip


def _arithmetic(side: Side) -> tuple[float, float]:
    """Responses per second, and the response time of users who take turns in the slots, in ms."""
    per_s = SLOTS[side] / DELAYS_MS[side] * 1000
    return per_s, USERS / per_s * 1000


if __name__ == "__main__":
    environ = os.environ
    measure("five", lambda: main(int(environ.get("PAIRS", "3")), environ.get("SEED", "0")))
