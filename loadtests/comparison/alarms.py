"""How often the rule of `decisions` calls different what is not: recorded pairs, their labels shuffled."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from loadtests.comparison.decisions import decide
from loadtests.comparison.metrics import Value


@dataclass(frozen=True)
class AlarmShares:
    """`single`: the share of decisions that said faster or slower. `family`: of shuffles in which any of them did."""

    single: float
    family: float


def shuffled_alarm_share(values: Iterable[Value], times: int = 1_000, seed: int = 0) -> AlarmShares:
    """Swap the labels a and b of whole pairs, each with probability ½, and decide anew, `times` times.

    After that a and b differ by chance alone, however unlike the contenders are. A pair is swapped in all profiles,
    endpoints and metrics at once, for they share its processes. No noise floor is applied. Values of which nothing
    follows raise no alarms.
    """
    labelled = [(value, replace(value, side="b" if value.side == "a" else "a")) for value in values]
    pairs = sorted({value.pair for value, _ in labelled})
    rng = random.Random(seed)
    shares = [_alarm_share(labelled, {pair for pair in pairs if rng.random() < 0.5}) for _ in range(times)]
    return AlarmShares(sum(shares) / times, sum(share > 0 for share in shares) / times)


def _alarm_share(labelled: list[tuple[Value, Value]], swapped: set[int]) -> float:
    decisions = decide(other if value.pair in swapped else value for value, other in labelled)
    alarms = sum(decision.verdict in ("faster", "slower") for decision in decisions)
    return alarms / len(decisions) if decisions else 0.0
