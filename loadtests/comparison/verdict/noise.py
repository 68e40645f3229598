"""The noise floor: what a contender compared with itself seemed to differ by. No difference below it is called real."""

from __future__ import annotations

from collections.abc import Iterable

from loadtests.comparison.verdict.decisions import Decision, floor_name
from loadtests.comparison.verdict.metrics import METRICS
from loadtests.statistics import ALL


def floors(decisions: Iterable[Decision]) -> dict[str, float]:
    """The floor of each profile's metrics, by `floor_name`, from an A/A comparison; ready for JSON, and for `decide`.

    It is the end of the interval that lies farther from no difference, in all endpoints together: |log ratio|, or the
    difference itself of a metric that is judged by it. A metric without an interval has no floor.
    """
    return {
        floor_name(decision.profile, decision.metric): _farthest(decision.metric, decision.low, decision.high)
        for decision in decisions
        if decision.endpoint == ALL and decision.low is not None and decision.high is not None
    }


def _farthest(metric: str, *ends: float) -> float:
    return max(abs(METRICS[metric].scale.of(end)) for end in ends)
