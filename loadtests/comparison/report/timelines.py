"""One pair in time: what its slices did, and what the processes used meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import altair as alt

from loadtests import style
from loadtests.comparison.figures import Slice
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import WIDTH_PX, Picture, data, framed, log_ticks, stacked
from loadtests.comparison.report.wording import joined
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile
from loadtests.resources.sampler import Sample

_MEBIBYTE = 2**20
_PANEL_HEIGHT_PX, _USAGE_HEIGHT_PX = 90, 140
_PANELS = {
    "responses_per_s": "correct responses/s",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "in_flight": "in flight",
}


def over_time(result: Result, profile: Profile, pair: int, legend: Legend) -> Picture:
    """Throughput, response time and requests in flight, slice by slice."""
    slices = [one for one in result.kept_slices if (one.profile, one.pair) == (profile.name, pair)]
    rows = [_figures(one, profile, legend) for one in slices]
    known = {field: [row for row in rows if row[field] is not None] for field in _PANELS}
    shown = [field for field in _PANELS if known[field]]
    panels = [_panel(known[field], field, legend, last=field == shown[-1]) for field in shown]
    return Picture(
        f"over_time-{profile.name}",
        framed(stacked(panels), f"Slice by slice: {profile.name}", f"Pair {pair}, {_asked(profile)}"),
        f"Throughput, response time and requests in flight of the {len(slices)} slices of pair {pair} at "
        f"{profile.name}, in turn {joined([*legend.names.values()])}.",
        f"Pair {pair} is the one in the middle of all pairs. Each bar is a slice: the contenders are loaded in "
        "turn so that the machine's drift meets both. In flight counts arrivals that wait in the generator, too "
        "(Little's law: arrivals per second × mean response time).",
    )


def resources(profile: Profile, pair: int, samples: Iterable[Sample], legend: Legend, backend: str) -> Picture | None:
    """CPU and memory of all servers, the backend of this name, and the generator; None where nothing was sampled."""
    groups = {
        **{f"server-{side}": f"{name} server" for side, name in legend.names.items()},
        "backend": backend,
        "generator": "load generator",
    }
    measured = sorted((one for one in samples if one.t_s >= 0), key=lambda one: one.t_s)
    used = {group: [*_usage(name, (one for one in measured if one.group == group))] for group, name in groups.items()}
    seen = {group: groups[group] for group, rows in used.items() if rows}
    if not seen:
        return None
    rows = [row for group in seen for row in used[group]]
    panels = [_cores(rows, _groups(groups, legend)), _memory(rows, _groups(groups, legend))]
    other = "other's" if legend.is_of_two else "others'"
    unseen = [name for group, name in groups.items() if group not in seen]
    return Picture(
        f"resources-{profile.name}",
        framed(stacked(panels), f"CPU and memory: {profile.name}", f"Pair {pair}, {_asked(profile)}"),
        f"CPU cores and resident memory in use during pair {pair} at {profile.name}, of {', '.join(seen.values())}.",
        f"Each server works while its own slices last and idles in the {other}."
        + (f" Not known: {', '.join(unseen)}." if unseen else ""),
    )


def _asked(profile: Profile) -> str:
    if profile.rate_per_s is not None:
        return f"open load, {profile.rate_per_s:,.0f} arrivals/s, slices of {profile.slice_s:g} s"
    return f"closed load, {profile.users} users, slices of {profile.slice_s:g} s"


def _figures(one: Slice, profile: Profile, legend: Legend) -> dict[str, Any]:
    return {
        "contender": legend.name(one.side),
        "begin_s": one.begin_s,
        "middle_s": one.begin_s + profile.slice_s / 2,
        "end_s": one.begin_s + profile.slice_s,
        "responses_per_s": one.correct_answers_per_s,
        "p50_ms": one.p50_ms,
        "p99_ms": one.p99_ms,
        "in_flight": None if one.mean_ms is None else one.requests / one.counted_s * one.mean_ms / 1000,
    }


def _panel(rows: list[dict[str, Any]], field: str, legend: Legend, *, last: bool) -> alt.LayerChart:
    base = alt.Chart(data(rows)).encode(
        y=alt.Y(f"{field}:Q", title=_PANELS[field], axis=alt.Axis(tickCount=3), scale=alt.Scale(zero=True)),
        color=legend.colour,
    )
    drift = base.mark_line(strokeWidth=1, opacity=0.6).encode(
        x=_seconds("middle_s", labelled=last), strokeDash=legend.dash
    )
    bars = base.mark_rule(strokeWidth=5).encode(x=_seconds("begin_s", labelled=last), x2="end_s:Q")
    return alt.LayerChart(layer=[drift, bars], width=WIDTH_PX, height=_PANEL_HEIGHT_PX)


def _usage(name: str, samples: Iterable[Sample]) -> Iterator[dict[str, Any]]:
    """Between each two samples in a row; of a single one nothing is known."""
    for before, after in pairwise(samples):
        yield {
            "group": name,
            "t_s": after.t_s,
            "cores": (after.cpu_s - before.cpu_s) / (after.t_s - before.t_s),
            "rss_mib": after.rss_bytes / _MEBIBYTE,
        }


def _cores(rows: list[dict[str, Any]], groups: dict[str, Any]) -> alt.Chart:
    cores = alt.Y("cores:Q", title="CPU, cores", axis=alt.Axis(tickCount=4), scale=alt.Scale(zero=True))
    return _lines(rows).encode(x=_seconds("t_s", labelled=False), y=cores, **groups)


def _memory(rows: list[dict[str, Any]], groups: dict[str, Any]) -> alt.Chart:
    """On a logarithmic axis: Elasticsearch has many times what the others have."""
    axis = alt.Axis(values=log_ticks(row["rss_mib"] for row in rows), format=",")
    memory = alt.Y("rss_mib:Q", title="memory, MiB", axis=axis, scale=alt.Scale(type="log", nice=False, padding=6))
    return _lines(rows).encode(x=_seconds("t_s", labelled=True), y=memory, **groups)


def _lines(rows: list[dict[str, Any]]) -> alt.Chart:
    chart: alt.Chart = alt.Chart(data(rows), width=WIDTH_PX, height=_USAGE_HEIGHT_PX).mark_line(strokeWidth=1.8)
    return chart


def _groups(groups: dict[str, str], legend: Legend) -> dict[str, Any]:
    """The channels that tell the groups apart, in the order of `groups`: servers, backend and generator."""
    names, key = list(groups.values()), alt.Legend(title=None, columns=2)
    colours = alt.Scale(domain=names, range=[*legend.hues.values(), style.INK, style.QUIET_INK])
    dashes = alt.Scale(domain=names, range=[*legend.dashes, [1, 0], [16, 4]])
    return {
        "color": alt.Color("group:N", scale=colours, legend=key),
        "strokeDash": alt.StrokeDash("group:N", scale=dashes, legend=key),
    }


def _seconds(field: str, *, labelled: bool) -> alt.X:
    axis = alt.Axis(grid=False, tickMinStep=1, format="d", labels=labelled, labelOverlap=True)
    title = "seconds since the pair's first slice" if labelled else None
    return alt.X(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(nice=False))
