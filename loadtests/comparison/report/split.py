"""Where the time of a response went: generator, network and queue, application, Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt

from loadtests import style
from loadtests.comparison.figures import EndpointFigures
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import WIDTH_PX, Picture, data, framed
from loadtests.comparison.report.selection import valid_pairs
from loadtests.comparison.report.wording import joined, significant
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL

PARTS = {
    "generator_ms": ("wait in the generator", "#d9d9d9"),
    "queue_ms": ("network and queue", "#a6a6a6"),
    "app_ms": ("application", "#6e6e6e"),
    "es_ms": ("Elasticsearch client", "#2b2b2b"),
}
"""Greys, for colours belong to contenders."""
_ROW_PX = 22


def split(result: Result, profile: Profile, legend: Legend) -> Picture | None:
    """Mean times of correct responses, stacked, the contenders below one another; None where none tells its times."""
    rows = list(_rows(result, profile, legend))
    if not rows:
        return None
    told = {row["contender"] for row in rows}
    silent = [name for name in legend.names.values() if name not in told]
    return Picture(
        f"time_split-{profile.name}",
        framed(_drawn(rows, legend), f"Where the time went: {profile.name}", "Mean of correct responses, ms"),
        f"Mean response times at {profile.name} in parts. {_description(rows)}",
        "Each bar adds up to the mean response time of an endpoint's correct responses."
        + (f" Not known without Server-Timing: {joined(silent)}." if silent else ""),
    )


def _rows(result: Result, profile: Profile, legend: Legend) -> Iterator[dict[str, Any]]:
    """A row for each endpoint and side whose times are known, with the mean of each part."""
    endpoints = [one for one in result.endpoints if one.profile == profile.name]
    names = sorted({one.endpoint for one in endpoints} - {ALL})
    for name in [ALL, *names]:
        for side in result.contenders:
            pairs = valid_pairs(result, profile)
            ours = [one for one in endpoints if (one.endpoint, one.side) == (name, side) and one.pair in pairs]
            means = _means_ms(ours)
            if means:
                yield {"endpoint": name, "contender": legend.name(side), "total_ms": sum(means.values()), **means}


def _means_ms(figures: list[EndpointFigures]) -> dict[str, float]:
    """Each part's mean over all correct responses of these blocks; empty where a part is not known of any block."""
    known = [(one.requests - one.failures, one) for one in figures if None not in _parts(one)]
    responses = sum(count for count, _ in known)
    if not responses:
        return {}
    return {part: sum(count * getattr(one, part) for count, one in known) / responses for part in PARTS}


def _parts(figures: EndpointFigures) -> list[float | None]:
    return [getattr(figures, part) for part in PARTS]


def _drawn(rows: list[dict[str, Any]], legend: Legend) -> alt.LayerChart:
    """A stack a row; behind it the contender's mark, its name and the sum."""
    place: dict[str, Any] = {
        "y": alt.Y("endpoint:N", title=None, sort=None, axis=alt.Axis(ticks=False, grid=False)),
        "yOffset": alt.YOffset("contender:N", sort=[*legend.names.values()]),
    }
    behind = alt.Chart(data(rows)).encode(x="total_ms:Q", **place)
    names = behind.transform_calculate(name="datum.contender + '  ' + format(datum.total_ms, ',.3~r')")
    return alt.LayerChart(
        layer=[
            _stacks(rows).encode(**place),
            behind.mark_point(filled=True, size=60, opacity=1, xOffset=10).encode(**_marks(legend)),
            names.mark_text(align="left", dx=18, fontSize=12, color=style.INK).encode(text="name:N"),
        ],
        width=WIDTH_PX,
        height=alt.Step(_ROW_PX),
    )


def _stacks(rows: list[dict[str, Any]]) -> alt.Chart:
    titles = [title for title, _ in PARTS.values()]
    parts = [
        {
            "endpoint": row["endpoint"],
            "contender": row["contender"],
            "part": titles[order],
            "order": order,
            "ms": row[part],
        }
        for row in rows
        for order, part in enumerate(PARTS)
    ]
    scale = alt.Scale(domain=titles, range=[colour for _, colour in PARTS.values()])
    legend = alt.Legend(title=None, columns=2, symbolType="square", symbolStrokeWidth=0)
    bars = alt.Chart(data(parts)).mark_bar(stroke="white", strokeWidth=1)
    chart: alt.Chart = bars.encode(
        x=alt.X("ms:Q", title="ms", stack="zero", axis=alt.Axis(tickCount=6)),
        order="order:Q",
        color=alt.Color("part:N", legend=legend, scale=scale),
    )
    return chart


def _marks(legend: Legend) -> dict[str, Any]:
    return {
        "shape": alt.Shape("contender:N", scale=legend.shapes, legend=None),
        "fill": alt.Fill("contender:N", scale=legend.colours, legend=None),
    }


def _description(rows: list[dict[str, Any]]) -> str:
    overall = [row for row in rows if row["endpoint"] == ALL]
    return " ".join(f"{row['contender']}: {_told(row)}." for row in overall)


def _told(row: dict[str, Any]) -> str:
    return ", ".join(f"{title} {significant(row[part])} ms" for part, (title, _) in PARTS.items())
