"""Every request fails, the first one too, whatever the versions."""

from __future__ import annotations

from pitfalls import exhibit
from pitfalls.asking import ask, matrix
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)
_OLDER = ("pitfalls-transport-8-13-0",)


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = ask(lab, EXHIBIT.broken), ask(lab, EXHIBIT.cured)
    versions = matrix(lab, EXHIBIT.broken, broken, _OLDER)
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message), cured.failures == 0, versions)
