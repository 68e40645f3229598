"""The proxy counts the PUTs of a form that makes one; the form prints the error that it ends with."""

from __future__ import annotations

from pathlib import Path

from elasticsearch import Elasticsearch

from pitfalls import exhibit
from pitfalls.asking import last_error
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.losing import losing_answers

EXHIBIT = exhibit.of(__file__)
_INDEX = "pitfall-writes"
_PACKAGES = ("elasticsearch", "elastic-transport", "aiohttp")
_OLDER = ("pitfalls-transport-8-13-0", "pitfalls-transport-8-13-1")


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _written(lab, EXHIBIT.broken), _written(lab, EXHIBIT.cured)
    reproduced = broken.figures["puts"] == 2 and EXHIBIT.message in broken.observed
    cures = cured.figures["puts"] == 1 and "ConnectionError" in cured.observed
    return Outcome(broken, cured, reproduced, cures, [] if lab.short else _matrix(lab, broken))


def _matrix(lab: Lab, today: Form) -> list[dict[str, str]]:
    forms = {environment: _written(lab, EXHIBIT.broken, environment) for environment in _OLDER} | {"lab": today}
    return [
        lab.versions(environment, *_PACKAGES)
        | {"PUTs": f"{form.figures['puts']:.0f}", "says": form.observed.partition("(")[0]}
        for environment, form in forms.items()
    ]


def _written(lab: Lab, form: Path, environment: str = "lab") -> Form:
    """What a form observes in an index of its own, which is then removed."""
    try:
        with losing_answers(lab.es_url) as (es_url, writes):
            printed = lab.run(form, environment=environment, ES_URL=es_url)
            return Form(last_error(printed.output) or printed.output, {"puts": len(writes)})
    finally:
        with Elasticsearch(lab.es_url) as client:
            client.indices.delete(index=_INDEX, ignore_unavailable=True)
