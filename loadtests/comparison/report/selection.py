"""Which of a result's figures stand for what: valid blocks, whole pairs, and the pair that is shown in time."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, log
from statistics import fmean

from loadtests.comparison.figures import Block, Side
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.exclusion import lost_pairs
from loadtests.comparison.verdict.metrics import METRICS, of_kind, primaries, values
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL


def blocks(result: Result, profile: Profile, side: Side | None = None) -> list[Block]:
    """Of one profile, valid or not; of both sides or one."""
    return [block for block in result.blocks if block.profile == profile.name and side in (None, block.side)]


def valid_pairs(result: Result, profile: Profile) -> set[int]:
    """The pairs in which the blocks of all sides are valid."""
    ours = blocks(result, profile)
    return {block.pair for block in ours} - lost_pairs(ours).get(profile.name, set())


def decisions(result: Result, *, of_endpoints: bool = False) -> list[Decision]:
    """Those of all requests together, or those of single endpoints, in the order in which they are read."""
    profiles = [profile.name for profile in result.profiles]
    metrics = list(METRICS)
    chosen = [decision for decision in result.decisions if (decision.endpoint != ALL) == of_endpoints]
    return sorted(
        chosen, key=lambda one: (profiles.index(one.profile), one.endpoint, metrics.index(one.metric), one.side)
    )


def primary(result: Result) -> list[Decision]:
    """Those that carry the verdicts of a comparison of these profiles."""
    family = primaries(profile.name for profile in result.profiles)
    return [one for one in decisions(result) if (one.profile, one.metric) in family]


def has_failed(failures: Decision) -> bool:
    """Whether there is something to tell of this decision on failures."""
    return failures.verdict != "equivalent" and (failures.a, failures.b) != (0, 0)


def floor(result: Result, decision: Decision) -> float | None:
    """The noise floor of this metric as a |log ratio|, None where it is not known."""
    return (result.noise_floor or {}).get(f"{decision.profile}/{decision.metric}")


def representative(result: Result, profile: Profile) -> int | None:
    """The pair whose ratio of the profile's first metric is the (lower) median; None where no pair has one.

    Of several contenders it is the mean of their ratios' logarithms.
    """
    ratios = _log_ratios(result, profile)
    ordered = sorted(ratios, key=lambda pair: ratios[pair])
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def _log_ratios(result: Result, profile: Profile) -> dict[int, float]:
    first = of_kind(profile.kind)[0].name
    known = {
        (value.pair, value.side): value.value
        for value in values(profile.kind, blocks(result, profile), result.endpoints)
        if value.metric == first and value.endpoint == ALL and value.value and isfinite(value.value)
    }
    others = [side for side in result.contenders if side != "a"]
    return {
        pair: fmean(log(known[pair, side] / known[pair, "a"]) for side in others)
        for pair in _whole(known, result.contenders)
    }


def _whole(keys: Iterable[tuple[int, Side]], sides: Iterable[Side]) -> list[int]:
    """The pairs of which all sides are known, in order."""
    present, wanted = set(keys), [*sides]
    return sorted({pair for pair, _ in present if all((pair, side) in present for side in wanted)})
