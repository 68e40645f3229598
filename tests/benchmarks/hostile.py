"""Services that a careless comparison favours: each is b, beside the same service without the fault.

    python -m tests.benchmarks.hostile

None may be called better. Environment variables: PAIRS (10), SEED (0) and CASES (all, by their names).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from loadtests.load.profiles import Profile, burst, closed, steady
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import HEADER, Contenders, Row, compared
from tests.known_service import Behaviour

SOUND = Behaviour(delay_ms=1, slots=1, rounds=50)
USERS, RATE_PER_S = 8, 100.0
PEAK = closed("peak", USERS, quick=True, response_ms=16)
STEADY = steady(RATE_PER_S, quick=True)
BURST = burst(RATE_PER_S, 7 * RATE_PER_S)
FEW = 4
"""Of each ten pairs."""


@dataclass(frozen=True)
class Case:
    """`fault` is b's behaviour in pairs that have it: the first four of each ten, or all."""

    fault: Behaviour
    profiles: Sequence[Profile]
    in_all: bool = True

    def behaviour(self, pair: int) -> Behaviour:
        return self.fault if self.in_all or (pair - 1) % 10 < FEW else SOUND


CASES = {
    "refuses 70% in 2 ms": Case(replace(SOUND, refused_share=0.7, refusal_ms=2), [PEAK, STEADY]),
    "no right answer in 4 of 10 pairs": Case(replace(SOUND, refused_share=1, refusal_ms=2), [PEAK, STEADY], False),
    "refuses all after 4 of 10 bursts": Case(replace(SOUND, gives_up_at=100), [BURST], False),
    "makes the generator late": Case(replace(SOUND, padding_bytes=1_000_000), [STEADY]),
}


def main(names: Sequence[str], pairs: int, seed: str) -> None:
    """Print a row for each case and primary metric."""
    markdown.show(("b", *HEADER, "late at p99, ms"), chain.from_iterable(_rows(name, pairs, seed) for name in names))


def _rows(name: str, pairs: int, seed: str) -> Iterator[Row]:
    found = compared(_contenders(CASES[name]), CASES[name].profiles, pairs, seed)
    for row in found.rows():
        late_ms = [one.lateness_p99_ms for one in found.blocks if one.profile == row[0] and one.lateness_p99_ms]
        yield name, *row, max(late_ms, default=None)


def _contenders(case: Case) -> Callable[[int], Contenders]:
    return lambda pair: {"a": SOUND.contender("sound"), "b": case.behaviour(pair).contender("faulty")}


if __name__ == "__main__":
    environ = os.environ
    chosen = [name for name in CASES if name in environ.get("CASES", name)]
    measure("hostile", lambda: main(chosen, int(environ.get("PAIRS", "10")), environ.get("SEED", "0")))
