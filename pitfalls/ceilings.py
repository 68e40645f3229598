"""Throughput behind a slow Elasticsearch, held against the ceiling that a number of slots sets: slots / latency.

The ceiling is Little's law (L = λW, Operations Research 9, 1961) with all slots taken. A server can't be faster than
its ceiling, and a noisy machine only makes it slower; so "at most the ceiling" holds with little tolerance. That it is
the ceiling which holds it, not the machine, shows in the cured form: under the same load it is at least twice as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import LabError
from pitfalls.exhibit import Exhibit, Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load
from pitfalls.slow import slow_elasticsearch

_LATENCY_MS = 400
_USERS_PER_SLOT = 4
_TOLERANCE = 1.15
_BEYOND = 2


@dataclass(frozen=True)
class Throughput:
    """Correct responses a second, and the ceiling of the slots."""

    responses_per_s: float
    ceiling_per_s: float

    @property
    def is_held(self) -> bool:
        return self.responses_per_s <= self.ceiling_per_s * _TOLERANCE

    @property
    def is_beyond(self) -> bool:
        return self.responses_per_s >= self.ceiling_per_s * _BEYOND

    @property
    def form(self) -> Form:
        observed = f"{self.responses_per_s:.0f} responses/s, where the predicted ceiling is {self.ceiling_per_s:.0f}"
        return Form(observed, {"answers_per_s": self.responses_per_s, "predicted_ceiling_per_s": self.ceiling_per_s})


def compare(lab: Lab, exhibit: Exhibit, slots: int) -> Outcome:
    """Both forms under the same load: the broken one held by its slots, the cured one beyond them."""
    broken, cured = (measure(lab, form, slots) for form in (exhibit.broken, exhibit.cured))
    return Outcome(broken.form, cured.form, broken.is_held, cured.is_beyond)


def measure(lab: Lab, form: Path, slots: int) -> Throughput:
    """A form under four users a slot. Raises LabError where a response is not correct."""
    users, requests = slots * _USERS_PER_SLOT, slots * (8 if lab.short else 20)
    with slow_elasticsearch(lab, _LATENCY_MS) as es_url, lab.serve(form, ES_URL=es_url) as app:
        loaded = load(app.url, ["/"] * requests, users)
        if loaded.failures:
            raise LabError(f"{form} failed {loaded.failures} of {requests} requests:\n{app.logged}")
        return Throughput(loaded.responses_per_s, slots * 1000 / _LATENCY_MS)
