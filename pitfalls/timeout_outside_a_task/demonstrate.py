"""Every request fails, the first one too, whatever the versions."""

from __future__ import annotations

from pitfalls import exhibit
from pitfalls.asking import ask, row
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab
from pitfalls.old_elasticsearch import old_elasticsearch

EXHIBIT = exhibit.of(__file__)
_PACKAGES = ("elasticsearch", "aiohttp")


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = ask(lab, EXHIBIT.broken), ask(lab, EXHIBIT.cured)
    with old_elasticsearch() as url:
        matrix = [
            row(lab, EXHIBIT.broken, environment, *_PACKAGES, ES_URL=url)
            for environment in ("pitfalls-client-7", "pitfalls-transport-8-13-0", "lab")
        ]
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message), cured.failures == 0, matrix)
