"""While one request waits for Elasticsearch, another endpoint is asked over and over that needs nothing from it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.slow import slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 1000
_BOUND_MS = _LATENCY_MS / 2
"""A question put while the loop is blocked waits nearly for all of the latency; one that is not needs a few ms."""


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _slowest(lab, EXHIBIT.broken), _slowest(lab, EXHIBIT.cured)
    matrix = [lab.versions("lab", "aioflask", "uvicorn") | {"says": _form(broken).observed}]
    return Outcome(_form(broken), _form(cured), broken > _BOUND_MS, cured < _BOUND_MS, matrix)


def _form(slowest_ms: float) -> Form:
    observed = f"/alive took up to {slowest_ms:.0f} ms while /search waited {_LATENCY_MS} ms for Elasticsearch"
    return Form(observed, {"slowest_unrelated_ms": slowest_ms, "latency_ms": _LATENCY_MS})


def _slowest(lab: Lab, form: Path) -> float:
    with (
        slow_elasticsearch(lab, _LATENCY_MS) as es_url,
        lab.serve(form, ES_URL=es_url) as app,
        ThreadPoolExecutor(1) as threads,
    ):
        return _slowest_meanwhile(app.url, threads.submit(_latency_ms, app.url, "/search"))


def _slowest_meanwhile(url: str, search: Future[float]) -> float:
    """Milliseconds of the slowest response to /alive before the search has its own."""
    latencies_ms = [_latency_ms(url, "/alive")]
    while not search.done():
        latencies_ms.append(_latency_ms(url, "/alive"))
    return max(latencies_ms)


def _latency_ms(url: str, path: str) -> float:
    return load(url, [path], users=1).replies[0].latency_ms
