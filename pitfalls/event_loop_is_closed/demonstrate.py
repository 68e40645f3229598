"""Every request from the second on fails, with today's client on the lab's Elasticsearch and with older ones."""

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
            row(lab, EXHIBIT.broken, "pitfalls-client-7", *_PACKAGES, ES_URL=url),
            row(lab, EXHIBIT.broken, "pitfalls-transport-8-13-0", *_PACKAGES, ES_URL=url),
            row(lab, EXHIBIT.broken, "lab", *_PACKAGES),
        ]
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message, after=1), cured.failures == 0, matrix)
