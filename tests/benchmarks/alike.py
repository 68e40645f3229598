"""Real comparisons of a service with itself: none may find a difference.

    python -m tests.benchmarks.alike

The service's time goes into Python's calls, as that of most services. Environment variables: TRIES (10), PAIRS (6),
CONTENDERS (2, as many of them) and SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

from loadtests.comparison.figures import by_side
from loadtests.load.profiles import closed, steady
from tests.benchmarks import markdown
from tests.benchmarks.made_up_difference import REQUEST_MS, USERS, WORK
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import HEADER, Contenders, Row, compared

PROFILES = [closed("peak", USERS, quick=True, response_ms=USERS * REQUEST_MS), steady(0.5e3 / REQUEST_MS, quick=True)]


def main(tries: int, pairs: int, contenders: int, seed: str) -> None:
    """Print a row for each try, primary metric and contender."""
    sides = by_side(WORK["calls"].contender(f"like-{number}") for number in range(contenders))
    tried = (_rows(sides, number, pairs, seed) for number in range(1, tries + 1))
    markdown.show(("try", *HEADER), chain.from_iterable(tried))


def _rows(sides: Contenders, number: int, pairs: int, seed: str) -> Iterator[Row]:
    found = compared(lambda _: sides, PROFILES, pairs, f"{seed}/{number}")
    return ((number, *row) for row in found.rows())


if __name__ == "__main__":
    tries, pairs, contenders = (
        int(os.environ.get(name, usual)) for name, usual in (("TRIES", "10"), ("PAIRS", "6"), ("CONTENDERS", "2"))
    )
    measure("alike", lambda: main(tries, pairs, contenders, os.environ.get("SEED", "0")))
