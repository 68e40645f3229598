"""One request that fails, and how many of its searches hold a connection to Elasticsearch when it has been answered."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.slow import connections, slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 10_000
"""Much longer than the failure takes to be answered."""
_OTHERS = 5


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _left(lab, EXHIBIT.broken), _left(lab, EXHIBIT.cured)
    matrix = [
        lab.versions("lab", "aioflask", "aiohttp", "elasticsearch") | {"form": name, "says": form.observed}
        for name, form in {"asyncio.gather": broken, "asyncio.TaskGroup": cured}.items()
    ]
    return Outcome(broken, cured, broken.figures["running"] == _OTHERS, cured.figures["running"] == 0, matrix)


def _left(lab: Lab, form: Path) -> Form:
    with slow_elasticsearch(lab, _LATENCY_MS) as slow_url, lab.serve(form, SLOW_ES_URL=slow_url) as app:
        status = app.get().status
        running = connections(app, slow_url)
    failed = "failed" if status == HTTPStatus.INTERNAL_SERVER_ERROR else f"was answered {status}"
    return Form(f"the request {failed}, and {running} searches ran on", {"running": running})
