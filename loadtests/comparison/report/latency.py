"""Response times of all requests: percentiles that show the tail, and the cumulative distribution that shows the bulk.

Both are computed on every request of the valid blocks, merged raw, and drawn at fixed shares.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loadtests.comparison.figures import Side
from loadtests.comparison.measure import times_to_success_ms, with_response_times
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import WIDTH_PX, Picture, data, framed, log_ticks
from loadtests.comparison.report.selection import valid_pairs
from loadtests.comparison.report.wording import significant
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile
from loadtests.statistics import percentile

_HEIGHT_PX = 280
_TOLD_SHARES = (0.5, 0.9, 0.99, 0.999, 0.9999)
_PERCENTILE_SHARES = sorted({0.01, 0.1, *_TOLD_SHARES, *(1 - 10 ** -np.linspace(0.02, 4, 80)).round(6).tolist()})
_ECDF_SHARES = (np.arange(1, 200) / 200).round(3).tolist()

Times = dict[Side, npt.NDArray[np.float64]]


def times_ms(requests: pa.Table) -> npt.NDArray[np.float64]:
    """Response times in the order of the requests: from the intended start to the response's end; infinite of failures.

    Dropped arrivals are not among them.
    """
    return times_to_success_ms(with_response_times(requests))


def response_times_ms(result: Result, profile: Profile, requests: pa.Table) -> Times:
    """Of each side's valid blocks, sorted."""
    return {side: _of_side(requests, side, valid_pairs(result, profile)) for side in result.contenders}


def percentiles(profile: Profile, times: Times, legend: Legend) -> Picture:
    """On an axis of -log10(1 - share), on which each nine takes the same room."""
    rows = [
        {"contender": legend.name(side), "nines": _nines(share), "ms": ms, "told": share in _TOLD_SHARES}
        for side, times_ms in times.items()
        for share in _PERCENTILE_SHARES
        if (ms := percentile(times_ms, share)) is not None
    ]
    base = alt.Chart(data(rows)).encode(x=_nines_axis(rows), y=_milliseconds(alt.Y, rows))
    told = base.transform_filter("datum.told").mark_point(filled=True, size=60, opacity=1)
    chart = alt.layer(
        base.mark_line(strokeWidth=2.5).encode(color=legend.colour, strokeDash=legend.dash),
        told.encode(fill=alt.Fill("contender:N", scale=legend.colours, legend=None)),
    )
    return Picture(
        f"percentiles-{profile.name}",
        _framed(chart, "Response time by percentile", profile, times, legend),
        f"Response times by percentile at {profile.name}. {_told(times, legend)}",
        "Each step to the right leaves ten times fewer requests above the line: at p99 one in a hundred waits longer. "
        "A line ends where there are too few requests to go on, or where failures begin.",
    )


def ecdf(profile: Profile, times: Times, legend: Legend) -> Picture:
    """Charts the share of requests with a response within a time, on a logarithmic axis of times."""
    rows = [
        {"contender": legend.name(side), "ms": ms, "share": share}
        for side, times_ms in times.items()
        for share in _ECDF_SHARES
        if (ms := percentile(times_ms, share)) is not None
    ]
    shares = alt.Y("share:Q", title="share of requests", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    line = alt.Chart(data(rows)).mark_line(strokeWidth=2.5, interpolate="step-after")
    chart = line.encode(x=_milliseconds(alt.X, rows), y=shares, color=legend.colour, strokeDash=legend.dash)
    return Picture(
        f"ecdf-{profile.name}",
        _framed(chart, "Requests with a response within a time", profile, times, legend),
        f"Share of requests with a response within a time at {profile.name}. {_told(times, legend)}",
        "The further left a line, the sooner the responses. Read upwards from a time to find the share of requests "
        "with a response within it.",
    )


def _of_side(requests: pa.Table, side: Side, pairs: set[int]) -> npt.NDArray[np.float64]:
    return np.sort(times_ms(requests.filter((pc.field("side") == side) & pc.field("pair").isin(list(pairs)))))


def _nines_axis(rows: list[dict[str, Any]]) -> alt.X:
    furthest = max(row["nines"] for row in rows)
    labelled = [nines for share in (0.1, *_TOLD_SHARES) if (nines := _nines(share)) <= furthest]
    axis = alt.Axis(values=labelled, labelExpr="format(100 * (1 - pow(10, -datum.value)), '.4~g')", labelOverlap=False)
    return alt.X("nines:Q", title="percentile of all requests", axis=axis)


def _nines(share: float) -> float:
    return float(-np.log10(1 - share))


def _milliseconds(channel: Any, rows: list[dict[str, Any]]) -> Any:
    axis = alt.Axis(values=log_ticks(row["ms"] for row in rows), format="~g")
    return channel("ms:Q", title="response time, ms", scale=alt.Scale(type="log", nice=False), axis=axis)


def _framed(chart: Any, title: str, profile: Profile, times: Times, legend: Legend) -> Any:
    counts = ", ".join(f"{legend.name(side)} {len(times_ms):,}" for side, times_ms in times.items())
    return framed(
        chart.properties(width=WIDTH_PX, height=_HEIGHT_PX), f"{title}: {profile.name}", f"Requests: {counts}"
    )


def _told(times: Times, legend: Legend) -> str:
    return " ".join(f"{legend.name(side)}: {_known(times_ms)}." for side, times_ms in times.items())


def _known(times_ms: npt.NDArray[np.float64]) -> str:
    known = ((share, percentile(times_ms, share)) for share in _TOLD_SHARES)
    return ", ".join(f"p{share * 100:g} {significant(ms)} ms" for share, ms in known if ms is not None) or "no requests"
