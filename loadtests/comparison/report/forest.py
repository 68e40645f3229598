"""The picture that decides: an interval a metric, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Literal

import altair as alt

from loadtests import style
from loadtests.comparison.report.intervals import Interval, Place, by_difference, furthest, marks, ratio_scale, ratios
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import shared_cores
from loadtests.comparison.report.pictures import Picture, data, framed
from loadtests.comparison.report.selection import primary
from loadtests.comparison.report.wording import change, verdict_word
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO

_WIDTH_PX, _ROW_PX, _DOT_PX = 520, 68, 110
_CAPTION_CHARACTERS = 74
_TICKS = (1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MOST_TICKS = 3
_EDGE_COLOUR = "#aaaaaa"


def comparison(result: Result, legend: Legend) -> Picture | None:
    """The ratio of every primary metric; None where there is not one."""
    shown = ratios(result, primary(result), legend)
    if not shown:
        return None
    title = f"{legend.b} against {legend.a}"
    chart = framed(_drawn(shown, legend), title, *_conditions(result), characters=_CAPTION_CHARACTERS)
    described = "; ".join(f"{one.label}: {', '.join(filter(None, (one.verdict, one.words)))}" for one in shown)
    return Picture("comparison", chart, f"{title}. {described}.", _caption(result, legend))


def _drawn(shown: list[Interval], legend: Legend) -> alt.LayerChart:
    x = _axis(furthest(shown))
    edges = alt.Chart(data([{"edge": EQUIVALENT_RATIO}, {"edge": 1 / EQUIVALENT_RATIO}]))
    return alt.LayerChart(
        layer=[
            edges.mark_rule(strokeDash=[3, 3], color=_EDGE_COLOUR).encode(x=x("edge")),
            *marks(shown, x, legend, even=1, dot_px=_DOT_PX),
            *_texts(shown),
            _end(f"← {legend.a} better", "left", 0),
            _end(f"{legend.b} better →", "right", _WIDTH_PX),
        ],
        width=_WIDTH_PX,
        height=alt.Step(_ROW_PX),
    )


def _axis(most: float) -> Place:
    ticks = [tick for tick in _TICKS if tick <= most][-_MOST_TICKS:]
    axis = alt.Axis(
        values=[1, *ticks, *(1 / tick for tick in ticks)],
        labelExpr="format(max(datum.value, 1 / datum.value), '.3~g') + '×'",
        grid=False,
    )
    return lambda field: alt.X(f"{field}:Q", scale=ratio_scale(most), axis=axis, title="how many times better")


def _texts(shown: list[Interval]) -> Iterator[alt.Chart]:
    """Over each interval its metric and verdict, below it the change."""
    base = alt.Chart(data([asdict(one) for one in shown])).encode(y=alt.Y("label:O", sort=None, axis=None))
    above = base.mark_text(fontSize=13, color=style.INK, fontWeight="bold", dy=-18, align="left")
    yield above.encode(x=alt.value(0), text="label:N")
    aside = base.mark_text(fontSize=13, color=style.INK, fontWeight="bold", dy=-18, align="right")
    yield aside.encode(x=alt.value(_WIDTH_PX), text="verdict:N")
    below = base.mark_text(fontSize=13, color=style.INK, dy=18, align="right")
    yield below.encode(x=alt.value(_WIDTH_PX), text="words:N")


def _end(text: str, align: Literal["left", "right"], x_px: int) -> alt.Chart:
    mark = alt.Chart(data([{}])).mark_text(fontSize=13, color=style.QUIET_INK, align=align, dy=-8)
    chart: alt.Chart = mark.encode(x=alt.value(x_px), y=alt.value(0), text=alt.value(text))
    return chart


def _conditions(result: Result) -> Iterator[str]:
    pairs = max(decision.pairs for decision in result.decisions)
    quick = " · quick run, which decides nothing" if result.quick else ""
    replay = f" · {result.replay}" if result.replay else ""
    yield f"95% intervals over {pairs} pairs of fresh processes{quick} · workload {result.workload}{replay}"
    for one in primary(result):
        if by_difference(one):
            words = ", ".join(filter(None, (verdict_word(one), change(one))))
            yield f"Failures at {one.profile} load: {words}"
    if shared := shared_cores(result):
        yield f"{shared[0].upper()}{shared[1:]}"


def _caption(result: Result, legend: Legend) -> str:
    noise = " A grey band is the noise floor: no difference within it is called real." if result.noise_floor else ""
    return (
        f"Each bar is a 95% interval, its dot the middle; to the right {legend.b} is better, whichever way the metric "
        "counts. Coloured bars are differences, grey ones are not. A bar wholly between the dashed lines (±5%) means "
        f"equivalent.{noise} A bar that touches the edge goes beyond it."
    )
