"""A burst of 100 requests before an Elasticsearch that needs a fifth of the time limit for each."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.slow import slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 400
_REQUESTS = 100


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _burst(lab, EXHIBIT.broken), _burst(lab, EXHIBIT.cured)
    reproduced = broken.figures["failures"] > 0 and EXHIBIT.message in broken.observed
    matrix = [lab.versions("lab", "elasticsearch", "elastic-transport", "aiohttp") | {"says": broken.observed}]
    return Outcome(broken, cured, reproduced, cured.figures["failures"] == 0, matrix)


def _burst(lab: Lab, form: Path) -> Form:
    with slow_elasticsearch(lab, _LATENCY_MS) as es_url, lab.serve(form, ES_URL=es_url) as app:
        loaded = load(app.url, ["/"] * _REQUESTS, _REQUESTS)
        said = f": {EXHIBIT.message}" if EXHIBIT.message in app.logged else ""
    observed = f"{loaded.failures} of {_REQUESTS} requests failed behind a response of {_LATENCY_MS} ms{said}"
    return Form(observed, {"requests": _REQUESTS, "failures": loaded.failures, "latency_ms": _LATENCY_MS})
