"""How figures are put into words: a change always with its interval, percentages that say of what they are more."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.metrics import METRICS, Metric

UNKNOWN = "not known"
_TIMES_FROM = 2
"""Ratios that reach this are told in times, smaller ones in percent."""


def told(decision: Decision) -> str:
    """A part of a sentence: "10% less server CPU per answer at peak load [7% to 13%]"."""
    article = "the " if _in_times(decision) else ""
    return f"{difference(decision)} {article}{subject(decision)} {interval_of(decision)}"


def subject(decision: Decision) -> str:
    """What it is about, as a part of a sentence: "server CPU per answer at peak load"."""
    return f"{METRICS[decision.metric].subject} at {decision.profile} load"


def change(decision: Decision) -> str:
    """How b differs from a, with the interval: "10% less [7% to 13%]"."""
    return f"{difference(decision)} {interval_of(decision)}".rstrip()


def difference(decision: Decision) -> str:
    """How b differs from a: "10% less"; "not known" where nothing was measured."""
    if decision.ratio is None:
        return UNKNOWN
    return _with_word(decision, decision.ratio)


def interval_of(decision: Decision) -> str:
    """The 95% interval of the difference: "[7% to 13%]", with words where it has both signs; empty with no ratio."""
    if decision.low is None or decision.high is None:
        return "" if decision.ratio is None else "[no interval]"
    ends = decision.low, decision.high
    if _sign(decision, decision.low) * _sign(decision, decision.high) < 0 and not _in_times(decision):
        return "[{} to {}]".format(*(_with_word(decision, end) for end in ends))
    outwards = ends if _in_times(decision) else sorted(ends, key=lambda end: abs(end - _even(decision)))
    return "[{} to {}]".format(*(_size(decision, end) for end in outwards))


def amount(metric: Metric, value: float | None) -> str:
    """A figure in the metric's unit, with three significant digits."""
    return UNKNOWN if value is None else significant(value * metric.unit.factor)


def significant(value: float | None) -> str:
    """Three significant digits, thousands apart, no exponent; "not known" for None."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    rounded = abs(float(f"{value:.3g}"))
    decimals = next((digits for digits, least in enumerate((100, 10, 1)) if rounded >= least), 3)
    return f"{value:,.{decimals}f}"


def joined(parts: Sequence[str]) -> str:
    """With commas, and "and" before the last."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def percent(share: float) -> str:
    """A share as a percentage with at most one decimal."""
    return f"{round(share * 100, 1):g}%"


def _even(decision: Decision) -> float:
    return 0.0 if METRICS[decision.metric].by_difference else 1.0


def _sign(decision: Decision, value: float) -> int:
    return (value > _even(decision)) - (value < _even(decision))


def _in_times(decision: Decision) -> bool:
    return not METRICS[decision.metric].by_difference and max(decision.ratio or 0, decision.high or 0) >= _TIMES_FROM


def _size(decision: Decision, value: float) -> str:
    if METRICS[decision.metric].by_difference:
        points = round(abs(value) * 100, 2)
        return f"{points:g} point{'' if points == 1 else 's'}"
    return f"{value:.2f}" if _in_times(decision) else percent(abs(value - 1))


def _with_word(decision: Decision, value: float) -> str:
    metric, size = METRICS[decision.metric], _size(decision, value)
    if _in_times(decision):
        return f"{size} times"
    if size in ("0%", "0 points"):
        return "the same"
    return f"{size} {metric.more if _sign(decision, value) > 0 else metric.less}"
