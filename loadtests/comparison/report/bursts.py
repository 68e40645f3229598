"""A burst in time: what was offered, and how response times rose and came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loadtests import style
from loadtests.comparison.figures import Side, Slice
from loadtests.comparison.report import latency
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import WIDTH_PX, Picture, data, framed, stacked
from loadtests.comparison.report.selection import valid_pairs
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile
from loadtests.statistics import percentile

_BIN_S = 0.5
_SIZE = {"width": WIDTH_PX, "height": 110}
_PERCENTILES = {"p50_ms": (0.5, "p50, ms"), "p95_ms": (0.95, "p95, ms")}


def burst(result: Result, profile: Profile, requests: pa.Table, legend: Legend) -> Picture | None:
    """Arrivals and response times by the half second in which a request was due, all valid pairs together."""
    rows = [row for side in result.contenders for row in _rows(result, profile, requests, side, legend)]
    if not rows:
        return None
    begin_s, end_s = np.cumsum([length_s for _, length_s in profile.segments])[:2].tolist()
    channels = [_offered(), *map(_times, _PERCENTILES)]
    panels = [_panel(rows, y, legend, last=y is channels[-1]) for y in channels]
    shown = [alt.layer(_shade(begin_s, end_s), panel).properties(**_SIZE) for panel in panels]
    return Picture(
        "burst_in_time",
        framed(stacked(shown), "A burst, and the time after it", _asked(profile)),
        f"Arrivals and response times in time, before, in and after a burst from {begin_s:g} s to {end_s:g} s.",
        "Response times count from when a request was due, so that whoever waits for the burst to be worked off is "
        "seen to wait. The burst is shaded; after it, the sooner a line is down again the better.",
    )


def _rows(result: Result, profile: Profile, requests: pa.Table, side: Side, legend: Legend) -> Iterator[dict[str, Any]]:
    slices = [*_slices(result, profile, side)]
    parts = [requests.filter((pc.field("pair") == one.pair) & (pc.field("slice") == one.number)) for one in slices]
    due_s = _joined(part["intended_s"].to_numpy() - one.begin_s for one, part in zip(slices, parts, strict=True))
    times_ms = _joined(latency.times_ms(part) for part in parts)
    for begin_s in np.arange(0, profile.slice_s, _BIN_S):
        inside_ms = np.sort(times_ms[(due_s >= begin_s) & (due_s < begin_s + _BIN_S)])
        if len(inside_ms):
            yield {
                "contender": legend.name(side),
                "middle_s": float(begin_s) + _BIN_S / 2,
                "requests_per_s": len(inside_ms) / len(slices) / _BIN_S,
                **{field: percentile(inside_ms, share) for field, (share, _) in _PERCENTILES.items()},
            }


def _slices(result: Result, profile: Profile, side: Side) -> Iterator[Slice]:
    """Those of a side's valid blocks."""
    pairs = valid_pairs(result, profile)
    return (one for one in result.kept_slices if (one.profile, one.side) == (profile.name, side) and one.pair in pairs)


def _joined(parts: Iterable[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.empty(0), *parts])


def _panel(rows: list[dict[str, Any]], y: alt.Y, legend: Legend, *, last: bool) -> Any:
    title = "seconds since the begin of a slice" if last else None
    x = alt.X("middle_s:Q", title=title, axis=alt.Axis(grid=False, format="d", labels=last))
    line = alt.Chart(data(rows)).mark_line(strokeWidth=2, point=True)
    return line.encode(x=x, y=y, color=legend.colour, strokeDash=legend.dash)


def _offered() -> alt.Y:
    return alt.Y("requests_per_s:Q", title="requests/s", axis=alt.Axis(tickCount=3), scale=alt.Scale(zero=True))


def _times(field: str) -> alt.Y:
    axis, scale = alt.Axis(tickCount=3, format="~g"), alt.Scale(type="log", nice=True)
    return alt.Y(f"{field}:Q", title=_PERCENTILES[field][1], axis=axis, scale=scale)


def _shade(begin_s: float, end_s: float) -> alt.Chart:
    span = alt.Chart(data([{"begin_s": begin_s, "end_s": end_s}])).mark_rect(color=style.QUIET_INK, opacity=0.15)
    shade: alt.Chart = span.encode(x="begin_s:Q", x2="end_s:Q")
    return shade


def _asked(profile: Profile) -> str:
    return ", then ".join(
        f"{rate_per_s:,.0f} arrivals/s for {length_s:g} s" for rate_per_s, length_s in profile.segments
    )
