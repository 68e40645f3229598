"""The charts of one run: response times, requests per second and users, over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loadtests import style
from loadtests.runs import Run
from loadtests.statistics import percentile, shares

_MOST_INTERVALS = 120


@dataclass(frozen=True)
class _Line:
    """The style of one series of the intervals' figures."""

    series: str
    colour: str
    dash: list[int] = field(default_factory=lambda: [1, 0])


def write(folder: Path, run: Run, requests: pa.Table) -> None:
    """Write the three PNG files. `requests` are those under way in the window, as `summarise` takes them."""
    duration_s = run.conditions["profile"]["duration_s"]
    intervals = list(_intervals(requests, duration_s))
    colour, caption = style.colour(run.contender["name"]), captions(run)
    times = [_Line("p95", colour, dash=[6, 4]), _Line("p50", colour)]
    rates = [_Line("requests", colour), _Line("failures", style.FAILURE_COLOUR, dash=[2, 2])]
    charts = {
        "response_times": _framed(
            "Response times: p50 and p95 (closed load: service times)",
            caption,
            *_over_time(times, "ms", intervals, duration_s),
        ),
        "total_requests_per_second": _framed(
            "Total requests per second", caption, *_over_time(rates, "requests per second", intervals, duration_s)
        ),
        "number_of_users": _framed("Number of users", caption, *_users(run, colour, duration_s)),
    }
    for name, chart in charts.items():
        style.save(chart, folder / f"{name}.png")


def captions(run: Run) -> list[str]:
    """Two lines for the caption: the contender, and the conditions."""
    profile, backend, machine = (run.conditions[part] for part in ("profile", "backend", "machine"))
    size = ", ".join(f"{part}: {count}" for part in ("workers", "threads") if (count := run.contender[part]))
    return [
        f"{run.contender['title']}, {size} · {profile['users']} users, each waiting for its response",
        f"Elasticsearch {backend['version']} ({backend['mode']}), {backend['documents']:,} books · "
        f"{machine['cores']} cores · {datetime.fromisoformat(run.started):%-d %B %Y, %H:%M UTC}",
    ]


def _intervals(requests: pa.Table, duration_s: float) -> Iterator[dict[str, float | None]]:
    """Figures of each interval of the window; an interval lasts at least one second, and longer when there would be
    too many."""
    starts_s, times_ms = requests["start_s"].to_numpy(), requests["service_time_ms"].to_numpy()
    failed = requests.filter(pc.is_valid(requests["failure"]))
    length_s = max(1, ceil(duration_s / _MOST_INTERVALS))
    edges_s = [*np.arange(0, duration_s, length_s), duration_s]
    for (begin_s, end_s), (first, end) in zip(
        pairwise(edges_s), pairwise(np.searchsorted(starts_s, edges_s)), strict=True
    ):
        yield {
            "t_s": (begin_s + end_s) / 2,
            "p50": percentile(times_ms[first:end], 0.5),
            "p95": percentile(times_ms[first:end], 0.95),
            "requests": shares(requests, begin_s, end_s).sum() / (end_s - begin_s),
            "failures": shares(failed, begin_s, end_s).sum() / (end_s - begin_s),
        }


def _over_time(
    lines: list[_Line], unit: str, intervals: list[dict[str, Any]], duration_s: float
) -> Iterator[alt.Chart]:
    for line in lines:
        yield _drawn(line, unit, intervals, duration_s)
        yield _name(line, intervals)


def _drawn(line: _Line, unit: str, intervals: list[dict[str, Any]], duration_s: float) -> alt.Chart:
    mark = alt.Chart(_data(intervals)).mark_line(strokeWidth=2.5, color=line.colour, strokeDash=line.dash)
    values = alt.Y(f"{line.series}:Q", title=unit, scale=alt.Scale(zero=True))
    chart: alt.Chart = mark.encode(x=_time_axis(0, duration_s), y=values)
    return chart


def _name(line: _Line, intervals: list[dict[str, Any]]) -> alt.Chart:
    """The line's name at its last point, instead of a legend."""
    last = [row for row in intervals if row[line.series] is not None][-1:]
    mark = alt.Chart(_data(last)).mark_text(align="left", dx=8, fontSize=14, fontWeight="bold", color=line.colour)
    chart: alt.Chart = mark.encode(x="t_s:Q", y=f"{line.series}:Q", text=alt.value(line.series))
    return chart


def _users(run: Run, colour: str, duration_s: float) -> Iterator[alt.Chart]:
    """The measured time as a band, its name, and the users as steps over it."""
    known = [(at_s, count) for at_s, count in run.users if at_s < duration_s]
    steps = [{"t_s": at_s, "users": count} for at_s, count in [*known, (duration_s, known[-1][1])]]
    room = alt.Scale(domain=[0, 1.2 * max(count for _, count in known)])
    measured = alt.Chart(_data([{"t_s": 0, "end_s": duration_s}]))
    yield measured.mark_rect(color=style.QUIET_INK, opacity=0.1).encode(x="t_s:Q", x2="end_s:Q")
    yield measured.mark_text(align="left", dx=8, y=14, color=style.QUIET_INK, fontSize=14).encode(
        x="t_s:Q", text=alt.value("measured; ramp-up and warm-up came before")
    )
    line = alt.Chart(_data(steps)).mark_line(interpolate="step-after", strokeWidth=2.5, color=colour)
    yield line.encode(
        x=_time_axis(known[0][0], duration_s),
        y=alt.Y("users:Q", title="users", axis=alt.Axis(tickMinStep=1), scale=room),
    )


def _framed(title: str, caption: list[str], *layers: alt.Chart) -> alt.LayerChart:
    return alt.LayerChart(
        layer=list(layers), title=style.title(title, caption), width=style.WIDTH_PX, height=style.HEIGHT_PX
    )


def _time_axis(begin_s: float, end_s: float) -> alt.X:
    axis = alt.Axis(grid=False, tickMinStep=1, tickCount=10, format="d")
    scale = alt.Scale(domain=[begin_s, end_s], nice=False)
    return alt.X("t_s:Q", title="seconds since the measurement began", axis=axis, scale=scale)


def _data(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"values": rows}
