"""Intervals as they are drawn: how many times better a contender is, whichever way the metric counts.

To the right it is better, to the left the first one. Metrics that are judged by difference have a linear axis of
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from math import exp

import altair as alt
from markupsafe import Markup

from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import data, inline
from loadtests.comparison.report.selection import floor
from loadtests.comparison.report.wording import change, found, verdict_word
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.metrics import METRICS

_STRIP_WIDTH_PX, _STRIP_HEIGHT_PX = 170, 22
_STRIP_DOT_PX = 55
_BAND_PX = 18
_BEYOND = 1e6
"""Drawn for a ratio of zero or infinity: beyond the end of every axis."""
_MOST_SHOWN = 10.0
"""Intervals may be wider than any axis; those of few pairs are."""
_LEAST_SHOWN, _LEAST_DIFFERENCE = 1.08, 0.002
_FLOOR_COLOUR, UNDECIDED_COLOUR = "#dddddd", "#777777"

ROW_SEPARATOR = "|"

Place = Callable[[str], alt.X]
"""From a field to its channel: all layers share one axis."""


@dataclass(frozen=True)
class Interval:
    """A decision as it is drawn: `low` to `high` around `point`, all of them the point where there is no interval.

    `noise_low` to `noise_high` is the noise floor around 1, empty where it is not known; `winner` names the colour.
    `row` is the label with the contender, `judged` the verdict with what the run would have found.
    """

    label: str
    contender: str
    row: str
    verdict: str
    judged: str
    change: str
    words: str
    point: float
    low: float
    high: float
    noise_low: float
    noise_high: float
    winner: str


def interval(result: Result, decision: Decision, legend: Legend) -> Interval | None:
    """None where there is no ratio."""
    if decision.ratio is None:
        return None
    ends = [decision.ratio if end is None else end for end in (decision.low, decision.high)]
    low, high = sorted(_better(decision, end) for end in ends)
    contender = legend.name(decision.side)
    label = f"{METRICS[decision.metric].title} at {decision.profile} load"
    noise = floor(result, decision) or 0.0
    return Interval(
        label=label,
        contender=contender,
        row=f"{label}{ROW_SEPARATOR}{contender}",
        verdict=verdict_word(decision),
        judged=_listed(verdict_word(decision), found(decision)),
        change=change(decision),
        words=_listed(change(decision), found(decision)),
        point=_better(decision, decision.ratio),
        low=low,
        high=high,
        noise_low=exp(-noise),
        noise_high=exp(noise),
        winner={"better": contender, "worse": legend.first}.get(decision.verdict or "", "undecided"),
    )


def _listed(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def by_difference(decision: Decision) -> bool:
    return METRICS[decision.metric].by_difference


def ratios(result: Result, decisions: Iterable[Decision], legend: Legend) -> list[Interval]:
    """Those that one axis of ratios can hold."""
    known = (interval(result, one, legend) for one in decisions if not by_difference(one))
    return [one for one in known if one]


def furthest(shown: list[Interval]) -> float:
    """Where the axis ends, to both sides of 1: at the furthest middle at least, at the furthest end if it may."""
    ends = max(max(1 / one.low, one.high) for one in shown)
    points = max((most for one in shown if (most := max(1 / one.point, one.point)) < _BEYOND), default=1.0)
    return 1.02 * max(_LEAST_SHOWN, min(ends, _MOST_SHOWN), points)


def ratio_scale(most: float) -> alt.Scale:
    """Symmetric about 1; what lies beyond is drawn at the edge."""
    return alt.Scale(type="log", domain=[1 / most, most], nice=False, clamp=True)


def plain_rows() -> alt.Y:
    """A row for each interval, without an axis."""
    return alt.Y("row:N", sort=None, axis=None)


def marks(
    shown: list[Interval], x: Place, legend: Legend, *, even: float, dot_px: int, y: alt.Y | None = None
) -> Iterator[alt.Chart]:
    """The noise floor as a band, an upright line where both are even, and over them the interval and its middle."""
    base = alt.Chart(data([asdict(one) for one in shown])).encode(y=y or plain_rows())
    winners = alt.Scale(domain=[*legend.names.values(), "undecided"], range=[*legend.hues.values(), UNDECIDED_COLOUR])
    colour = alt.Color("winner:N", legend=None, scale=winners)
    if even:
        yield base.mark_bar(size=_BAND_PX, color=_FLOOR_COLOUR).encode(x=x("noise_low"), x2="noise_high:Q")
    yield alt.Chart(data([{"even": even}])).mark_rule(color=UNDECIDED_COLOUR).encode(x=x("even"))
    yield base.mark_rule(strokeWidth=4).encode(x=x("low"), x2="high:Q", color=colour)
    yield base.mark_point(filled=True, size=dot_px, opacity=1).encode(x=x("point"), color=colour)


def strip(result: Result, decision: Decision, legend: Legend, most: float) -> Markup | None:
    """One interval for a table's cell, on an axis that ends at `most`; None where there is no ratio."""
    shown = interval(result, decision, legend)
    if shown is None:
        return None
    scale, even = (_difference_scale(shown), 0.0) if by_difference(decision) else (ratio_scale(most), 1.0)
    layers = marks([shown], _bare(scale), legend, even=even, dot_px=_STRIP_DOT_PX)
    chart = alt.LayerChart(layer=list(layers), width=_STRIP_WIDTH_PX, height=_STRIP_HEIGHT_PX, padding=2)
    return inline(chart, f"{shown.label}: {shown.words}")


def _better(decision: Decision, value: float) -> float:
    """How many times better b is (or by how much, where it is judged by difference)."""
    higher = METRICS[decision.metric].better == "higher"
    if by_difference(decision):
        return value if higher else -value
    bounded = min(max(value, 1 / _BEYOND), _BEYOND)
    return bounded if higher else 1 / bounded


def _difference_scale(shown: Interval) -> alt.Scale:
    most = max(_LEAST_DIFFERENCE, -shown.low, shown.high)
    return alt.Scale(domain=[-most, most], nice=False)


def _bare(scale: alt.Scale) -> Place:
    return lambda field: alt.X(f"{field}:Q", scale=scale, axis=None)
