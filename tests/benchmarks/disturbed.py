"""Whether other work changes a verdict: one comparison alone, one beside a burner, and one that does not heed it.

    python -m tests.benchmarks.disturbed

a answers 400 requests a second whatever its core does; b answers as many as a core can. The burner takes a core in
about half of the time, in periods of seconds. The third comparison is made as with BUSY=1, which plays no turn again.
Environment variables: PAIRS (6) and SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext

from loadtests.load.profiles import closed
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import HEADER, Contenders, Row, compared
from tests.burner import Burner
from tests.known_service import Behaviour

SIDES: Contenders = {
    "a": Behaviour(delay_ms=10, slots=4).contender("waits"),
    "b": Behaviour(rounds=100).contender("works"),
}
PEAK = closed("peak", 8, quick=False, response_ms=20)
PERIODS_S = (2.0, 6.0)
CONDITIONS = {"alone": (False, False), "beside a burner": (True, False), "beside a burner, `BUSY=1`": (True, True)}
"""Whether the burner works, and whether that is heeded."""


def main(pairs: int, seed: str) -> None:
    """Print rows for each condition."""
    markdown.show(("comparison", *HEADER), _rows(pairs, seed))


def _rows(pairs: int, seed: str) -> Iterator[Row]:
    for name, (burns, busy) in CONDITIONS.items():
        with Burner(PERIODS_S, seed) if burns else nullcontext():
            found = compared(lambda _: SIDES, [PEAK], pairs, seed, busy=busy)
        yield from ((name, *row) for row in found.rows())


if __name__ == "__main__":
    environ = os.environ
    measure("disturbed", lambda: main(int(environ.get("PAIRS", "6")), environ.get("SEED", "0")))
