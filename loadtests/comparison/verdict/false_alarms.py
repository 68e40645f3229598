"""How often the rule of `decisions` calls different what is not: recorded pairs, their labels shuffled."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import permutations
from statistics import fmean

from loadtests.comparison.figures import Side
from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.metrics import Value


@dataclass(frozen=True)
class AlarmShares:
    """`single`: the share of decisions that said better or worse. `family`: of shuffles in which any of them did."""

    single: float
    family: float


def shuffled_alarm_share(values: Iterable[Value], times: int = 1_000, seed: int = 0) -> AlarmShares:
    """Shuffle the sides of pairs at random and decide anew, `times` times, or as often as there are other ways.

    After that the sides differ by chance alone, however unlike the contenders are. A pair is shuffled in all profiles,
    endpoints and metrics at once, for they share its processes. No way to shuffle is drawn twice, which spares the
    shares most of their own noise: of 10 pairs of two there are 1,024. No noise floor is applied.
    """
    known = [*values]
    pairs, sides = (sorted({getattr(value, name) for value in known}) for name in ("pair", "side"))
    shares = [_alarm_share(known, labels) for labels in _shuffles(pairs, sides, times, random.Random(seed))]
    return AlarmShares(fmean(shares), fmean(share > 0 for share in shares))


def _shuffles(pairs: list[int], sides: list[Side], most: int, rng: random.Random) -> list[dict[int, dict[Side, Side]]]:
    """Different ones, at random; all of them when there are not so many. Each has the new sides by pair and side."""
    ways = [*permutations(range(len(sides)))]
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < min(most, len(ways) ** len(pairs)):
        drawn[tuple(rng.randrange(len(ways)) for _ in pairs)] = None
    return [
        {
            pair: {sides[was]: sides[now] for was, now in enumerate(ways[way])}
            for pair, way in zip(pairs, one, strict=True)
        }
        for one in drawn
    ]


def _alarm_share(values: list[Value], labels: dict[int, dict[Side, Side]]) -> float:
    decisions = decide(replace(value, side=labels[value.pair][value.side]) for value in values)
    verdicts = [decision.verdict for decision in decisions if decision.verdict]
    return sum(verdict in ("better", "worse") for verdict in verdicts) / len(verdicts) if verdicts else 0.0
