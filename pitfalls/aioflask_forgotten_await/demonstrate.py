"""Every request fails."""

from __future__ import annotations

from pitfalls import exhibit
from pitfalls.asking import ask
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = ask(lab, EXHIBIT.broken), ask(lab, EXHIBIT.cured)
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message), cured.failures == 0)
