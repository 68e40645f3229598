"""The picture that decides: an interval for each metric and contender, with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Literal

import altair as alt

from loadtests import style
from loadtests.comparison.report.intervals import (
    ROW_SEPARATOR,
    Interval,
    Place,
    by_difference,
    furthest,
    marks,
    plain_rows,
    ratio_scale,
    ratios,
)
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import shared_cores
from loadtests.comparison.report.pictures import Picture, data, framed
from loadtests.comparison.report.selection import has_failed, primary
from loadtests.comparison.report.wording import change, joined, verdict_word
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO

_WIDTH_PX, _ROW_PX, _DOT_PX = 520, 68, 110
_MANY_WIDTH_PX, _MANY_ROW_PX, _MANY_DOT_PX, _NAMES_PX = 330, 34, 80, 260
_CAPTION_CHARACTERS = 74
_TICKS = (1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MOST_TICKS = 3
_EDGE_COLOUR = "#aaaaaa"


def comparison(result: Result, legend: Legend) -> Picture | None:
    """The ratio of every primary metric, and of every contender to the first; None where there is not one."""
    shown = ratios(result, primary(result), legend)
    if not shown:
        return None
    title = f"{joined(legend.others)} against {legend.first}"
    drawn = _drawn(shown, legend) if legend.is_of_two else _drawn_in_groups(shown, legend)
    heading = title if legend.is_of_two else f"{len(legend.others)} contenders against {legend.first}"
    chart = framed(drawn, heading, *_conditions(result, legend), characters=_CAPTION_CHARACTERS)
    described = "; ".join(_described(one, legend) for one in shown)
    return Picture("comparison", chart, f"{title}. {described}.", _caption(result, legend))


def _described(one: Interval, legend: Legend) -> str:
    of = "" if legend.is_of_two else f" of {one.contender}"
    return f"{one.label}{of}: {', '.join(filter(None, (one.verdict, one.words)))}"


def _drawn(shown: list[Interval], legend: Legend) -> alt.LayerChart:
    x = _axis(furthest(shown))
    return alt.LayerChart(
        layer=[
            _edges(x),
            *marks(shown, x, legend, even=1, dot_px=_DOT_PX),
            *_texts(shown),
            *_ends(legend, _WIDTH_PX),
        ],
        width=_WIDTH_PX,
        height=alt.Step(_ROW_PX),
    )


def _drawn_in_groups(shown: list[Interval], legend: Legend) -> alt.LayerChart:
    """Under the name of each metric a row for each contender."""
    x = _axis(furthest(shown))
    rows = [row for label, ours in groupby(shown, key=lambda one: one.label) for row in (label, *(o.row for o in ours))]
    y = alt.Y("row:N", sort=None, scale=alt.Scale(domain=rows), title=None, axis=_names_axis())
    return alt.LayerChart(
        layer=[
            _edges(x),
            *marks(shown, x, legend, even=1, dot_px=_MANY_DOT_PX, y=y),
            *_texts_aside(shown, y),
            *_ends(legend, _MANY_WIDTH_PX),
        ],
        width=_MANY_WIDTH_PX,
        height=alt.Step(_MANY_ROW_PX),
    )


def _names_axis() -> alt.Axis:
    """The names of contenders, and in bold those of metrics, which have a row of their own."""
    is_metric = {"test": f"indexof(datum.value, '{ROW_SEPARATOR}') < 0", "value": "bold"}
    return alt.Axis(
        labelExpr=f"split(datum.label, '{ROW_SEPARATOR}')[1] || datum.label",
        labelFontWeight={"condition": is_metric, "value": "normal"},
        labelLimit=_NAMES_PX,
        ticks=False,
        grid=False,
        offset=6,
    )


def _edges(x: Place) -> alt.Chart:
    edges = alt.Chart(data([{"edge": EQUIVALENT_RATIO}, {"edge": 1 / EQUIVALENT_RATIO}]))
    rule: alt.Chart = edges.mark_rule(strokeDash=[3, 3], color=_EDGE_COLOUR).encode(x=x("edge"))
    return rule


def _ends(legend: Legend, width_px: int) -> Iterator[alt.Chart]:
    yield _end(f"← {legend.first} better", "left", 0)
    yield _end(f"{legend.other} better →", "right", width_px)


def _texts_aside(shown: list[Interval], y: alt.Y) -> Iterator[alt.Chart]:
    """To the right of each interval the change, and below that the verdict."""
    base = alt.Chart(data([asdict(one) for one in shown])).encode(x=alt.value(_MANY_WIDTH_PX), y=y)
    yield base.mark_text(
        fontSize=12, color=style.INK, align="left", dx=10, dy=-6 if any(one.verdict for one in shown) else 1
    ).encode(text="change:N")
    yield base.mark_text(fontSize=12, color=style.QUIET_INK, align="left", dx=10, dy=8).encode(text="judged:N")


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
    base = alt.Chart(data([asdict(one) for one in shown])).encode(y=plain_rows())
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


def _conditions(result: Result, legend: Legend) -> Iterator[str]:
    pairs = max(decision.pairs for decision in result.decisions)
    simultaneous = "" if legend.is_of_two else "simultaneous "
    quick = " · quick run, which decides nothing" if result.quick else ""
    replay = f" · {result.replay}" if result.replay else ""
    intervals = f"{simultaneous}95% intervals over {pairs} pairs of fresh processes{quick}"
    yield f"{intervals} · workload {result.workload}{replay}"
    for one in primary(result):
        if by_difference(one):
            words = ", ".join(filter(None, (verdict_word(one), change(one))))
            of = "" if legend.is_of_two else f" of {legend.name(one.side)}"
            if legend.is_of_two or has_failed(one):
                yield f"Failures{of} at {one.profile} load: {words}"
    if shared := shared_cores(result):
        yield f"{shared[0].upper()}{shared[1:]}"


def _caption(result: Result, legend: Legend) -> str:
    noise = " A grey band is the noise floor: no difference within it is called real." if result.noise_floor else ""
    together = "" if legend.is_of_two else " All intervals of a metric hold together with 95%."
    return (
        f"Each bar is a 95% interval, its dot the middle; to the right {legend.other} is better, whichever way the "
        "metric counts. Coloured bars are differences, grey ones are not. A bar wholly between the dashed lines (±5%) "
        f"means equivalent.{noise}{together} A bar that touches the edge goes beyond it."
    )
