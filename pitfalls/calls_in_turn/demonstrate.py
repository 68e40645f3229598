"""Pages of 1 to 8 calls that need not wait for each other, asked in turn, gathered, and in threads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.slow import slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 100
_MOST = 8
Latencies = Mapping[int, float]
"""Milliseconds of a page, by its number of calls."""


def demonstrate(lab: Lab) -> Outcome:
    in_turn, gathered = _latencies_ms(lab, EXHIBIT.broken), _latencies_ms(lab, EXHIBIT.cured)
    matrix = [] if lab.short else _matrix(lab, in_turn, gathered)
    sum_ms = _MOST * _LATENCY_MS
    return Outcome(_form(in_turn), _form(gathered), in_turn[_MOST] >= sum_ms, gathered[_MOST] < sum_ms / 2, matrix)


def _form(latencies_ms: Latencies) -> Form:
    observed = f"{_MOST} calls of {_LATENCY_MS} ms took {latencies_ms[_MOST]:.0f} ms"
    return Form(observed, {f"{calls}_calls_ms": latency_ms for calls, latency_ms in latencies_ms.items()})


def _matrix(lab: Lab, in_turn: Latencies, gathered: Latencies) -> list[dict[str, str]]:
    in_threads = _latencies_ms(lab, EXHIBIT.folder / "threads.py")
    columns = {"in turn": in_turn, "gathered": gathered, "threads": in_threads}
    return [
        {"calls": str(calls)} | {name: f"{latencies_ms[calls]:.0f} ms" for name, latencies_ms in columns.items()}
        for calls in in_turn
    ]


def _latencies_ms(lab: Lab, form: Path) -> Latencies:
    calls = (1, _MOST) if lab.short else range(1, _MOST + 1)
    with slow_elasticsearch(lab, _LATENCY_MS) as es_url, lab.serve(form, ES_URL=es_url) as app:
        return {number: median(_page_ms(app.url, number)) for number in calls}


def _page_ms(url: str, calls: int) -> list[float]:
    return [reply.latency_ms for reply in load(url, [f"/{calls}"] * 3, users=1).replies]
