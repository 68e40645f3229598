"""Whether the lab tells when its generator can't keep the schedule: blocks then say so, and prove nothing.

    python -m tests.benchmarks.overload

A server that does nothing is offered shares of the generator's ceiling. Environment variables: SHARES (0.2 0.5 1 2) and
SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import chain

from loadtests.comparison.predict import generator_ceiling_per_s
from loadtests.load.profiles import Profile
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import play
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour

SLICE_S = 3.0
USERS = 32
PROMPT = Behaviour().contender("prompt")


def main(shares: Sequence[float], seed: str) -> None:
    """Print a row for each share and block."""
    ceiling_per_s = generator_ceiling_per_s(1, USERS, CATALOGUE)
    print(f"The generator's ceiling: {ceiling_per_s:,.0f} requests/s of {USERS} users.\n")
    header = ("offered, share of ceiling", "offered/s", "dropped", "p99 lateness, ms", "generator, cores", "block")
    markdown.show(header, chain.from_iterable(_rows(share, share * ceiling_per_s, seed) for share in shares))


def _rows(share: float, rate_per_s: float, seed: str) -> list[tuple[object, ...]]:
    profile = Profile("steady", "open", SLICE_S, 1, rate_per_s=rate_per_s, segments=((rate_per_s, SLICE_S),))
    (found,) = play({"a": PROMPT, "b": PROMPT}, profile, 1, seed)
    return [
        (share, rate_per_s, block.dropped, block.lateness_p99_ms, block.generator_cores, _verdict(block.invalid))
        for block in found.blocks
    ]


def _verdict(invalid: str | None) -> str:
    return f"INVALID: {invalid}" if invalid else "valid"


if __name__ == "__main__":
    shares = [float(share) for share in os.environ.get("SHARES", "0.2 0.5 1 2").split()]
    measure("overload", lambda: main(shares, os.environ.get("SEED", "0")))
