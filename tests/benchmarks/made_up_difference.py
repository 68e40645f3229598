"""Whether a made-up difference is found: a contender that burns 5% more CPU per request, and one that burns no more.

    python -m tests.benchmarks.made_up_difference

Each request of a costs a millisecond or two of hashing, beside which what the server itself does is small; each of b
costs 5% more rounds. WORK=hashing (the default) hashes long blocks; WORK=calls hashes short ones, so that the time goes
into Python's calls, and its cost changes more with what else the machine does. A try is a comparison of 10 pairs;
"called" is the verdict on CPU ms per correct answer. The smallest difference that n pairs find in four of five tries is
(t(0.975) + t(0.8))·s/√n, with n - 1 degrees of freedom and the standard deviation s of their log ratios. It is of this
test alone; a verdict has Holm's correction besides, and needs more. Environment variables: TRIES (5), PAIRS (10),
SEED (0), and QUICK=1 for the short blocks of a quick comparison.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from math import exp, log, sqrt
from statistics import stdev

from scipy import special

from loadtests.comparison.figures import Block, Side
from loadtests.comparison.verdict.decisions import Decision, decide
from loadtests.comparison.verdict.metrics import values
from loadtests.comparison.verdict.paired import CONFIDENCE
from loadtests.contenders import Contender
from loadtests.load.profiles import closed
from loadtests.targets import Target
from tests.benchmarks import markdown
from tests.benchmarks.measuring import measure
from tests.benchmarks.pairs import play
from tests.known_service import Behaviour

WORK = {"hashing": Behaviour(rounds=100), "calls": Behaviour(rounds=4_000, block_bytes=48)}
USERS = 8
REQUEST_MS = 1.5
"""About."""
METRIC = "cpu_ms_per_correct_answer"
MORE = (1.05, 1.0)
POWER = 0.8


def main(tries: int, pairs: int, seed: str) -> None:
    """Print a row for each try, and the smallest difference that was found by its pairs."""
    header = ("b burns", "try", "b / a", "95% interval", "p", "called", f"smallest found by {pairs} pairs")
    markdown.show(header, chain.from_iterable(_tries(more, tries, pairs, seed) for more in MORE))


def _tries(more: float, tries: int, pairs: int, seed: str) -> Iterator[tuple[object, ...]]:
    for number in range(1, tries + 1):
        blocks = _blocks(more, pairs, f"{seed}/{more}/{number}")
        decision = _decision(blocks)
        interval = f"{decision.low:.3f} to {decision.high:.3f}"
        yield f"{more - 1:+.0%}", number, decision.ratio, interval, decision.holm_p, decision.verdict, _smallest(blocks)


def _blocks(more: float, pairs: int, seed: str) -> list[Block]:
    usual = WORK[os.environ.get("WORK", "hashing")]
    sides: dict[Side, Contender | Target] = {
        "a": usual.contender("usual"),
        "b": replace(usual, rounds=round(usual.rounds * more)).contender("handicapped"),
    }
    profile = closed("peak", USERS, quick=os.environ.get("QUICK") == "1", response_ms=USERS * REQUEST_MS)
    return [block for found in play(sides, profile, pairs, seed) for block in found.blocks]


def _decision(blocks: Iterable[Block]) -> Decision:
    """With Holm's correction over all metrics of the profile, as a comparison has it."""
    return next(one for one in decide(values("closed", blocks, [])) if one.metric == METRIC)


def _smallest(blocks: Iterable[Block]) -> str:
    logs = _log_ratios(blocks)
    t_values = special.stdtrit(len(logs) - 1, [(1 + CONFIDENCE) / 2, POWER])
    return f"{exp(sum(t_values) * stdev(logs) / sqrt(len(logs))) - 1:.1%}"


def _log_ratios(blocks: Iterable[Block]) -> list[float]:
    cpu_ms = {(block.pair, block.side): block.cpu_ms_per_correct_answer or 0.0 for block in blocks}
    return [log(used / cpu_ms[pair, "a"]) for (pair, side), used in cpu_ms.items() if side == "b"]


if __name__ == "__main__":
    tries, pairs = (int(os.environ.get(name, usual)) for name, usual in (("TRIES", "5"), ("PAIRS", "10")))
    measure("made_up_difference", lambda: main(tries, pairs, os.environ.get("SEED", "0")))
