"""Every pair as linked dots, a contender each, with their slices behind: nothing is hidden, invalid blocks neither."""

from __future__ import annotations

from typing import Any

import altair as alt

from loadtests import style
from loadtests.comparison.figures import Side
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import WIDTH_PX, Picture, data, framed, stacked
from loadtests.comparison.report.selection import blocks
from loadtests.comparison.report.wording import joined
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.metrics import METRICS, Metric
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL

_HEIGHT_PX = 130
_ASIDE, _MOST_ASIDE = 0.17, 0.36
"""How far two contenders are from the middle of their pair, and the outermost of more."""
_Rows = list[dict[str, Any]]
_INVALID_SHAPE = "M-1,-1L1,1M1,-1L-1,1"


def pairs(result: Result, profile: Profile, legend: Legend) -> Picture | None:
    """A panel a metric; None where no block has a figure."""
    rows = {metric.name: _block_rows(result, profile, metric, legend) for metric in _charted(profile)}
    shown = [metric for metric in _charted(profile) if rows[metric.name]]
    if not shown:
        return None
    panels = [
        _panel(
            rows[metric.name], _slice_rows(result, profile, metric, legend), metric, legend, last=metric == shown[-1]
        )
        for metric in shown
    ]
    ours = blocks(result, profile)
    invalid = sum(block.invalid is not None for block in ours)
    return Picture(
        f"pairs-{profile.name}",
        framed(
            stacked(panels), f"Every pair and slice: {profile.name}", f"{len(ours)} blocks, {invalid} of them invalid"
        ),
        f"Each pair's figures at {profile.name}: {legend.first} beside {joined(legend.others)}, in "
        f"{len({one.pair for one in ours})} pairs.",
        f"A large mark is a block, a line links {'the two' if legend.is_of_two else 'those'} of a pair, small marks "
        "are their slices. Lines that all slope the same way are a difference; a cross is an invalid block, which "
        "counts for nothing.",
    )


def _charted(profile: Profile) -> list[Metric]:
    return [metric for metric in METRICS.values() if profile.kind in metric.charted]


def _panel(rows: _Rows, of_slices: _Rows, metric: Metric, legend: Legend, *, last: bool) -> alt.LayerChart:
    slices = alt.Chart(data(of_slices)).mark_point(size=14, opacity=0.45, filled=True)
    links = alt.Chart(data([row for row in rows if row["valid"]])).mark_line(color=style.QUIET_INK, strokeWidth=1)
    base = alt.Chart(data(rows))
    valid = base.transform_filter("datum.valid").mark_point(filled=True, size=80 if legend.is_of_two else 40, opacity=1)
    invalid = base.transform_filter("!datum.valid").mark_point(shape=_INVALID_SHAPE, size=60, strokeWidth=2)
    x = _pair_axis(rows, labelled=last)
    y = alt.Y("value:Q", title=metric.label, axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=False))
    return alt.LayerChart(
        layer=[
            slices.encode(x=x, y=y, color=legend.colour, shape=legend.shape),
            links.encode(x=x, y=y, detail="pair:N"),
            valid.encode(x=x, y=y, color=legend.colour, shape=legend.shape),
            invalid.encode(x=x, y=y, color=legend.colour),
        ],
        width=WIDTH_PX,
        height=_HEIGHT_PX,
    )


def _block_rows(result: Result, profile: Profile, metric: Metric, legend: Legend) -> _Rows:
    totals = {
        (one.pair, one.side): one for one in result.endpoints if (one.profile, one.endpoint) == (profile.name, ALL)
    }
    rows = []
    for block in blocks(result, profile):
        source = totals.get((block.pair, block.side)) if metric.of_endpoints else block
        value = getattr(source, metric.name, None)
        if value is not None:
            rows.append(_row(block.pair, block.side, value * metric.unit.factor, legend, valid=block.invalid is None))
    return rows


def _slice_rows(result: Result, profile: Profile, metric: Metric, legend: Legend) -> _Rows:
    if metric.of_slices is None:
        return []
    ours = ((one, getattr(one, metric.of_slices)) for one in result.kept_slices if one.profile == profile.name)
    return [_row(one.pair, one.side, value * metric.unit.factor, legend) for one, value in ours if value is not None]


def _row(pair: int, side: Side, value: float, legend: Legend, **more: Any) -> dict[str, Any]:
    return {"pair": pair, "x": pair + _aside(side, legend), "contender": legend.name(side), "value": value, **more}


def _aside(side: Side, legend: Legend) -> float:
    """The sides from left to right, evenly."""
    most = _ASIDE if legend.is_of_two else _MOST_ASIDE
    return most * (2 * [*legend.names].index(side) / (len(legend.names) - 1) - 1)


def _pair_axis(rows: _Rows, *, labelled: bool) -> alt.X:
    numbers = sorted({row["pair"] for row in rows})
    axis = alt.Axis(values=numbers, grid=False, format="d", labels=labelled)
    scale = alt.Scale(domain=[numbers[0] - 0.6, numbers[-1] + 0.6], nice=False)
    return alt.X("x:Q", title="pair" if labelled else None, axis=axis, scale=scale)
