"""Real gates of a service whose time goes into Python's calls: against itself, and against one that costs 10% more.

    python -m tests.benchmarks.gates

The profiles, the looks and the margins are those of `make gate`. Environment variables: SAME (5 gates of identical
code), SLOWED (3 of 10% more CPU) and SEED (0).
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from itertools import pairwise

from loadtests.comparison import disturbance
from loadtests.comparison.figures import Block, EndpointFigures
from loadtests.comparison.gate import Gate
from loadtests.comparison.verdict.metrics import values_of
from loadtests.load.profiles import closed, pair_s, steady
from loadtests.options import GateOptions
from tests.benchmarks import markdown
from tests.benchmarks.made_up_difference import REQUEST_MS, USERS, WORK
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import Contenders, Row, play_one

USUAL = WORK["calls"]
KINDS = {"identical code": 1.0, "10% more CPU": 1.1}
PROFILES = [closed("peak", USERS, quick=False, response_ms=USERS * REQUEST_MS), steady(500 / REQUEST_MS, quick=False)]


def main(tries: dict[str, int], seed: str) -> None:
    """Print a row for each gate."""
    header = ("b is", "try", "outcome", "pairs", "minutes", "reasons")
    markdown.show(header, (_row(kind, number, seed) for kind, count in tries.items() for number in range(1, count + 1)))


def _row(kind: str, number: int, seed: str) -> Row:
    gate = Gate.of(GateOptions.from_environ({"BASE": "none"}))
    sides: Contenders = {
        "a": USUAL.contender("base"),
        "b": replace(USUAL, rounds=round(USUAL.rounds * KINDS[kind])).contender("change"),
    }
    began_s = time.perf_counter()
    budget = disturbance.Budget.of_run(gate.looks[-1] * sum(map(pair_s, PROFILES)))
    blocks: list[Block] = []
    endpoints: list[EndpointFigures] = []
    for before, look in pairwise((0, *gate.looks)):
        for profile in PROFILES:
            guard = disturbance.guard([], profile.slice_s, budget)
            for pair in range(before + 1, look + 1):
                found = play_one(sides, profile, pair, f"{seed}/{kind}/{number}", guard)
                blocks += found.blocks
                endpoints += found.endpoints
        values = values_of(PROFILES, blocks, endpoints)
        if gate.decides(values, blocks):
            break
    judgement = gate.judge_values(values, blocks)
    minutes = (time.perf_counter() - began_s) / 60
    return kind, number, judgement.outcome.name.lower(), look, minutes, "; ".join(judgement.reasons)


if __name__ == "__main__":
    environ = os.environ
    tries = {
        kind: int(environ.get(name, usual)) for kind, name, usual in zip(KINDS, ("SAME", "SLOWED"), "53", strict=True)
    }
    measure("gates", lambda: main(tries, environ.get("SEED", "0")))
