"""Real comparisons of a service with itself: none may find a difference.

    python -m tests.benchmarks.alike

The service's time goes into Python's calls, as that of most services. Environment variables: TRIES (10), PAIRS (6) and
SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from loadtests.load.profiles import closed, steady
from tests.benchmarks import markdown
from tests.benchmarks.made_up_difference import REQUEST_MS, USERS, WORK
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import HEADER, Contenders, Row, compared

SIDES: Contenders = {"a": WORK["calls"].contender("one"), "b": WORK["calls"].contender("other")}
PROFILES = [closed("peak", USERS, quick=True, response_ms=USERS * REQUEST_MS), steady(0.5e3 / REQUEST_MS, quick=True)]


def main(tries: int, pairs: int, seed: str) -> None:
    """Print a row for each try and primary metric."""
    markdown.show(("try", *HEADER), (row for number in range(1, tries + 1) for row in _rows(number, pairs, seed)))


def _rows(number: int, pairs: int, seed: str) -> Iterator[Row]:
    found = compared(lambda _: SIDES, PROFILES, pairs, f"{seed}/{number}")
    return ((number, *row) for row in found.rows())


if __name__ == "__main__":
    environ = os.environ
    measure(
        "alike",
        lambda: main(int(environ.get("TRIES", "10")), int(environ.get("PAIRS", "6")), environ.get("SEED", "0")),
    )
