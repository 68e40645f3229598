"""Five services of which all is known, in one comparison: do their figures agree with arithmetic?

    python -m tests.benchmarks.five_known

Each serves `slots` requests at once, holds each for its delay, and then works CPU ms at it. USERS keep all slots busy:
the throughput is slots / (delay + CPU), and the response time USERS / throughput. What a round of hashing costs is
measured in this process, before each pair; so the arithmetic of CPU time holds as far as the machine keeps its pace.
Environment variables: PAIRS (3) and SEED (0).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from statistics import fmean
from typing import TypeVar

from loadtests.comparison.figures import Block, EndpointFigures, by_side
from loadtests.load.profiles import closed
from loadtests.statistics import ALL
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import Row, play_one
from tests.known_service import Behaviour

T = TypeVar("T", Block, EndpointFigures)

USERS = 8
_ROUNDS = 600
SERVICES = {
    "1 slot": Behaviour(slots=1, delay_ms=20),
    "4 slots": Behaviour(slots=4, delay_ms=20),
    "8 slots": Behaviour(slots=8, delay_ms=50),
    "1 slot, CPU": Behaviour(slots=1, delay_ms=20, rounds=_ROUNDS),
    "1 slot, twice the CPU": Behaviour(slots=1, delay_ms=20, rounds=2 * _ROUNDS),
}
PROFILE = closed("peak", USERS, quick=False, response_ms=USERS * 30)
_RESPONSES = 100
"""Made by the calibration."""


@dataclass(frozen=True)
class _Expected:
    """What arithmetic says of a service."""

    cpu_ms: float
    responses_per_s: float

    @classmethod
    def of(cls, behaviour: Behaviour, round_ms: float) -> _Expected:
        cpu_ms = behaviour.rounds * round_ms
        return cls(cpu_ms, behaviour.slots / (behaviour.delay_ms + cpu_ms) * 1000)


def main(pairs: int, seed: str) -> None:
    """Print a row for each service and figure."""
    markdown.show(("service", "figure", "measured", "arithmetic", "measured / arithmetic"), _rows(pairs, seed))


def _rows(pairs: int, seed: str) -> Iterator[Row]:
    sides = by_side(behaviour.contender(f"known-{number}") for number, behaviour in enumerate(SERVICES.values()))
    blocks: list[Block] = []
    endpoints: list[EndpointFigures] = []
    rounds_ms = []
    for number in range(1, pairs + 1):
        rounds_ms.append(_round_ms())
        found = play_one(sides, PROFILE, number, seed, None)
        blocks += found.blocks
        endpoints += [one for one in found.endpoints if one.endpoint == ALL]
    for side, (name, behaviour) in zip(sides, SERVICES.items(), strict=True):
        expected = _Expected.of(behaviour, fmean(rounds_ms))
        per_s = _mean(lambda one: one.correct_answers_per_s, side, blocks)
        p50_ms = _mean(lambda one: one.service_p50_ms or 0.0, side, endpoints)
        yield _row(name, "responses/s", per_s, expected.responses_per_s)
        yield _row(name, "median response time, ms", p50_ms, USERS / expected.responses_per_s * 1000)
        if expected.cpu_ms:
            cpu_ms = _mean(lambda one: one.cpu_ms_per_correct_answer or 0.0, side, blocks)
            yield _row(name, "CPU ms a response", cpu_ms, expected.cpu_ms)


def _row(service: str, figure: str, measured: float, arithmetic: float) -> Row:
    return service, figure, measured, arithmetic, measured / arithmetic


def _mean(figure: Callable[[T], float], side: str, rows: Sequence[T]) -> float:
    return fmean(figure(one) for one in rows if one.side == side)


def _round_ms() -> float:
    """CPU time of a round of hashing, as a known service does it: between waits, after which a core is slower."""
    block = bytes(Behaviour().block_bytes)
    begin_s = time.process_time()
    for _ in range(_RESPONSES):
        time.sleep(0.02)
        for _ in range(_ROUNDS):
            sha256(block)
    return (time.process_time() - begin_s) / _RESPONSES / _ROUNDS * 1000


if __name__ == "__main__":
    measure("five_known", lambda: main(int(os.environ.get("PAIRS", "3")), os.environ.get("SEED", "0")))
