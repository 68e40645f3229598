"""A burst of 150 requests, and how many connections to Elasticsearch it has made."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.slow import connections, slow_elasticsearch

EXHIBIT = exhibit.of(__file__)
_LATENCY_MS = 1000
"""Long enough for all requests of the burst to arrive before the first is answered."""
_WANTED = 150
_LIMIT = 100  # aiohttp.TCPConnector's, where nobody says otherwise


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _made(lab, EXHIBIT.broken), _made(lab, EXHIBIT.cured)
    matrix = [lab.versions("lab", "elasticsearch", "elastic-transport", "aiohttp") | {"says": _form(broken).observed}]
    return Outcome(_form(broken), _form(cured), broken == _LIMIT, cured > _LIMIT, matrix)


def _form(made: int) -> Form:
    return Form(f"{made} connections for {_WANTED} requests at once", {"connections": made, "wanted": _WANTED})


def _made(lab: Lab, form: Path) -> int:
    with slow_elasticsearch(lab, _LATENCY_MS) as es_url, lab.serve(form, ES_URL=es_url) as app:
        load(app.url, ["/"] * _WANTED, _WANTED)
        return connections(app, es_url)
