"""How many connections are open when nothing is being asked, and what the log says of them."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.serving import Served
from pitfalls.slow import connections

EXHIBIT = exhibit.of(__file__)
_USERS = 4


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _leaks(lab, EXHIBIT.broken), _leaks(lab, EXHIBIT.cured)
    forms = {"AsyncElasticsearch": broken, "Elasticsearch": _leaks(lab, EXHIBIT.folder / "sync.py")}
    versions = lab.versions("lab", "elasticsearch", "aiohttp", "urllib3")
    matrix = [versions | {"client": name, "says": form.observed} for name, form in forms.items()]
    reproduced = broken.figures["idle_connections"] > 0 and broken.figures["warnings"] > 0
    return Outcome(broken, cured, reproduced, not any(cured.figures.values()), matrix)


def _leaks(lab: Lab, form: Path) -> Form:
    """The most connections open between several small loads, for the garbage collector closes them now and then."""
    with lab.serve(form) as app:
        idle = max(_idle(lab, app) for _ in range(5 if lab.short else 20))
    warnings = app.logged.count(EXHIBIT.message)
    observed = f"{idle} connections open while nothing was asked; “{EXHIBIT.message}” logged {warnings} times"
    return Form(observed, {"idle_connections": idle, "warnings": warnings})


def _idle(lab: Lab, app: Served) -> int:
    load(app.url, ["/"] * 20, _USERS)
    return connections(app, lab.es_url)
