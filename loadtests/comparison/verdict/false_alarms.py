"""How often the rule of `decisions` calls different what is not: recorded pairs, their labels shuffled."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import fmean

from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.metrics import Value


@dataclass(frozen=True)
class AlarmShares:
    """`single`: the share of decisions that said better or worse. `family`: of shuffles in which any of them did."""

    single: float
    family: float


def shuffled_alarm_share(values: Iterable[Value], times: int = 1_000, seed: int = 0) -> AlarmShares:
    """Swap the labels a and b of pairs at random and decide anew, `times` times, or as often as there are other ways.

    After that a and b differ by chance alone, however unlike the contenders are. A pair is swapped in all profiles,
    endpoints and metrics at once, for they share its processes. No way to swap is drawn twice, which spares the shares
    most of their own noise: of 10 pairs there are 1,024. No noise floor is applied.
    """
    labelled = [(value, replace(value, side="b" if value.side == "a" else "a")) for value in values]
    pairs = sorted({value.pair for value, _ in labelled})
    shares = [_alarm_share(labelled, swapped) for swapped in _subsets(pairs, times, random.Random(seed))]
    return AlarmShares(fmean(shares), fmean(share > 0 for share in shares))


def _subsets(pairs: list[int], most: int, rng: random.Random) -> list[set[int]]:
    """Different ones, at random; all of them when there are not so many."""
    masks: dict[int, None] = {}
    while len(masks) < min(most, 2 ** len(pairs)):
        masks[rng.getrandbits(len(pairs))] = None
    return [{pair for place, pair in enumerate(pairs) if mask >> place & 1} for mask in masks]


def _alarm_share(labelled: list[tuple[Value, Value]], swapped: set[int]) -> float:
    decisions = decide(other if value.pair in swapped else value for value, other in labelled)
    verdicts = [decision.verdict for decision in decisions if decision.verdict]
    return sum(verdict in ("better", "worse") for verdict in verdicts) / len(verdicts) if verdicts else 0.0
