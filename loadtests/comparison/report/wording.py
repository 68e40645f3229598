"""How figures are put into words: a change always with its interval, percentages that say of what they are more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import inf, isinf

from loadtests.backend import Backend
from loadtests.comparison.figures import Side
from loadtests.comparison.verdict.decisions import MOST_TOLD_WIDTH, Decision
from loadtests.comparison.verdict.metrics import METRICS, Metric
from loadtests.comparison.verdict.paired import LEAST_FOR_INTERVAL
from loadtests.comparison.verdict.sessions import LEAST_TO_POOL
from loadtests.load.profiles import Profile
from loadtests.load.workloads import KNOWN_REQUESTS

UNKNOWN = "not known"
_TIMES_FROM = 2
"""Ratios that reach this are told in times, smaller ones in percent."""


def verdict_word(decision: Decision) -> str:
    """The verdict on b in the metric's own words: "less memory", "later"; empty where there is none."""
    metric = METRICS[decision.metric]
    words = {None: "", "better": metric.gain, "worse": metric.loss}
    return words.get(decision.verdict, str(decision.verdict))


def found(decision: Decision) -> str:
    """What the run would have found, beside a decision that is inconclusive; else empty."""
    if decision.verdict != "inconclusive" or decision.detectable is None:
        return ""
    if METRICS[decision.metric].by_difference:
        size = _points(decision.detectable)
    elif decision.detectable >= MOST_TOLD_WIDTH - 1:
        size = f"{MOST_TOLD_WIDTH:g} times"
    else:
        size = percent(decision.detectable)
    return f"would have found {size} in 8 of 10 tries"


def replayed(backend: Backend) -> Iterator[str]:
    """A sentence on a replayed backend; none on a real one."""
    if backend.replay:
        yield (
            f"Replay: no Elasticsearch responded. Responses of Elasticsearch {backend.version} to {KNOWN_REQUESTS:,} "
            f"requests, recorded before, were replayed with {backend.delay.in_words}; so its own work is not compared."
        )


def of_orders(profiles: Sequence[Profile], contenders: int, balanced_over: int) -> Iterator[str]:
    """A sentence on the orders in which several contenders were loaded; none on two, which take turns."""
    if contenders > 2:
        turns = joined([f"{profile.slices} of {profile.name} load" for profile in profiles])
        is_whole = all(profile.slices % balanced_over == 0 for profile in profiles)
        yield (
            f"The contenders were loaded in the orders of a Williams design, which is balanced over {balanced_over} "
            f"turns. A pair had {turns}: {'balanced' if is_whole else 'nearly balanced'}."
        )


def of_sessions(began: Sequence[datetime], decisions: Sequence[Decision], names: Mapping[Side, str]) -> Iterator[str]:
    """Sentences on what the intervals cover: this session, or other hours, and how much sessions differ.

    `names` are the contenders'.
    """
    times = joined([f"{one:%Y-%m-%d %H:%M}" for one in began])
    if not any(one.method == "sessions" for one in decisions):
        these = "this session only" if len(began) == 1 else "these sessions only, as if they were one"
        yield (
            f"The figures cover {these} ({times} UTC): another hour may give others. From {LEAST_TO_POOL} sessions of "
            f"{LEAST_FOR_INTERVAL} valid pairs on intervals cover other hours, too."
        )
        return
    yield f"{len(began)} sessions ({times} UTC) are pooled by random effects: the intervals cover other hours, too."
    primaries = [one for one in decisions if one.holm_p is not None]
    if apart := [_whose(one, names) for one in primaries if one.method != "sessions"]:
        yield (
            f"Not so for {joined(apart)}: a side had no figure in some pair, or fewer than {LEAST_TO_POOL} sessions "
            f"have {LEAST_FOR_INTERVAL} valid pairs. Their intervals cover these sessions only, as if they were one."
        )
    for one in primaries:
        if one.between is not None:
            whose = _whose(one, names)
            yield f"Between sessions, {whose} differed by {_between(one)} (standard deviation).{_predicted(one)}"


def _whose(decision: Decision, names: Mapping[Side, str]) -> str:
    """What it is about, and of several contenders which one is compared with the first."""
    return f"{subject(decision)} ({names[decision.side]})" if len(names) > 2 else subject(decision)


def _between(decision: Decision) -> str:
    size = decision.between or 0.0
    return _points(size) if METRICS[decision.metric].by_difference else percent(size)


def _predicted(decision: Decision) -> str:
    low, high = decision.predicted_low, decision.predicted_high
    if low is None or high is None:
        return ""
    kind = f"{decision.side} {'-' if METRICS[decision.metric].by_difference else '/'} a"
    return f" In one more session {kind} would lie from {significant(low)} to {significant(high)} (95%)."


def phrase(decision: Decision) -> str:
    """A part of a sentence: "10% less server CPU per answer at peak load [7% to 13%]"."""
    if _without_figure(decision):
        return f"{subject(decision)}: {difference(decision)} {interval_of(decision)}"
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
    if side := _without_figure(decision):
        return f"{side} {METRICS[decision.metric].never} in most pairs"
    return _with_word(decision, decision.ratio)


def interval_of(decision: Decision) -> str:
    """The 95% interval of the difference: "[7% to 13%]", with words where it has both signs; empty with no ratio.

    An interval that is wider than a factor of 10 is told in words: its numbers would say nothing.
    """
    if decision.low is None or decision.high is None:
        return "" if decision.ratio is None else "[no interval]"
    ends = decision.printable_interval
    if ends is None:
        return f"[wider than a factor of {MOST_TOLD_WIDTH:g}]"
    if _sign(decision, ends[0]) * _sign(decision, ends[1]) < 0 and not _in_times(decision):
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
    if isinf(value):
        return "∞"
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


def _without_figure(decision: Decision) -> str | None:
    """The side that had no figure in most pairs; None where both had one."""
    if decision.ratio is None or METRICS[decision.metric].by_difference or 0 < decision.ratio < inf:
        return None
    unbounded_b = isinf(decision.ratio) if METRICS[decision.metric].better == "lower" else decision.ratio == 0
    return decision.side if unbounded_b else "a"


def _points(value: float) -> str:
    points = round(abs(value) * 100, 2)
    return f"{points:g} point{'' if points == 1 else 's'}"


def _size(decision: Decision, value: float) -> str:
    if METRICS[decision.metric].by_difference:
        return _points(value)
    return f"{value:.2f}" if _in_times(decision) else percent(abs(value - 1))


def _with_word(decision: Decision, value: float) -> str:
    metric, size = METRICS[decision.metric], _size(decision, value)
    if _in_times(decision):
        return f"{size} times"
    if size in ("0%", "0 points"):
        return "the same"
    return f"{size} {metric.more if _sign(decision, value) > 0 else metric.less}"
