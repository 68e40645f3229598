"""The chart of a comparison: each contender's throughput and cost, and its response times by endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

from loadtests import style
from loadtests.runs import Run
from loadtests.statistics import ALL, Summary

_MEBIBYTE = 2**20
_BAR_PX = 34
_ALL_REQUESTS = "all requests"


def write(path: Path, a: Run, b: Run, notes: list[str]) -> None:
    """Draw bars for each whole run, and below them p50 to p95 of each endpoint."""
    names = {"a": a.contender["name"], "b": b.contender["name"]}
    labels, palette = [*style.labels(names).values()], style.colours([*names.values()])
    scale = alt.Scale(domain=labels, range=list(palette))
    chart = alt.vconcat(_totals(a, b, labels, scale), _endpoints(a, b, labels, scale), spacing=30).properties(
        title=style.title(f"{labels[0]} and {labels[1]}, one run each", [*notes, *_caption(a, b)])
    )
    style.save(chart, path)


def _caption(a: Run, b: Run) -> list[str]:
    profile, backend = a.conditions["profile"], a.conditions["backend"]
    return [
        f"Failures: {a.total.failures:,} of {a.total.requests:,} requests, and {b.total.failures:,} of "
        f"{b.total.requests:,}.",
        f"{profile['users']} users, each waiting for its response, for {profile['duration_s']:g} s · "
        f"Elasticsearch {backend['version']} ({backend['mode']}), {backend['documents']:,} books · "
        f"{a.conditions['machine']['cores']} cores",
        f"{a.folder} and {b.folder}",
    ]


def _totals(a: Run, b: Run, labels: list[str], scale: alt.Scale) -> alt.HConcatChart:
    throughput = [run.total.correct_answers_per_s for run in (a, b)]
    cpu_ms = [run.total.cpu_ms_per_correct_answer for run in (a, b)]
    memory = [_mebibytes(run.total.peak_rss_bytes) for run in (a, b)]
    return alt.hconcat(
        _bars("correct responses per second", throughput, labels, scale),
        _bars("server CPU ms per correct response", cpu_ms, labels, scale),
        _bars("server's peak memory, MiB", memory, labels, scale),
        spacing=40,
    )


def _bars(name: str, values: Sequence[float | None], labels: list[str], scale: alt.Scale) -> alt.LayerChart:
    data = [{"contender": label, "value": value} for label, value in zip(labels, values, strict=True)]
    base = alt.Chart({"values": data}).encode(
        x=alt.X("value:Q", axis=None, scale=alt.Scale(zero=True)),
        y=alt.Y("contender:N", title=None, sort=labels, axis=alt.Axis(ticks=False, labelFontSize=14)),
    )
    bars = base.mark_bar().encode(color=alt.Color("contender:N", scale=scale, legend=None))
    figures = base.mark_text(align="right", dx=-8, color="white", fontSize=15, fontWeight="bold").encode(
        text=alt.Text("value:Q", format=",.3~s")
    )
    return alt.LayerChart(layer=[bars, figures], width=210, height=alt.Step(_BAR_PX), title=_heading(name))


def _endpoints(a: Run, b: Run, labels: list[str], scale: alt.Scale) -> alt.LayerChart:
    data = [_span(label, row) for label, run in zip(labels, (a, b), strict=True) for row in run.summary]
    names = [_ALL_REQUESTS, *(row.endpoint for row in a.summary if row.endpoint != ALL)]
    base = alt.Chart({"values": data}).encode(
        y=alt.Y("endpoint:N", title=None, sort=names, axis=alt.Axis(ticks=False, labelFontSize=14)),
        yOffset=alt.YOffset("contender:N", sort=labels, scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color("contender:N", scale=scale, legend=None),
    )
    milliseconds = alt.X("p50:Q", title="ms", scale=alt.Scale(zero=True))
    spans = base.mark_rule(strokeWidth=3).encode(x=milliseconds, x2="p95:Q")
    medians = base.mark_point(filled=True, size=110, opacity=1).encode(x=milliseconds)
    tails = base.mark_tick(thickness=3, size=12, opacity=1).encode(x="p95:Q")
    return alt.LayerChart(
        layer=[spans, medians, tails], width=style.WIDTH_PX, height=alt.Step(14), title=_heading(
            "service times: p50 (dot) to p95 (bar, if there were enough requests)"
        ),
    )  # fmt: skip


def _heading(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=14, anchor="start", frame="group")


def _span(label: str, row: Summary) -> dict[str, Any]:
    name = _ALL_REQUESTS if row.endpoint == ALL else row.endpoint
    return {"contender": label, "endpoint": name, "p50": row.p50_ms, "p95": row.p95_ms}


def _mebibytes(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else size_bytes / _MEBIBYTE
