"""Requests, each with an id of its own that two ContextVars should carry through it."""

from __future__ import annotations

from pathlib import Path

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab

EXHIBIT = exhibit.of(__file__)
_IDS = ["dune", "emma", "ulysses"]


def demonstrate(lab: Lab) -> Outcome:
    broken, cured = _carry(lab, EXHIBIT.broken), _carry(lab, EXHIBIT.cured)
    return Outcome(
        broken,
        cured,
        reproduced=EXHIBIT.message in broken.observed and broken.figures["carried"] == 0,
        cures=cured.figures["carried"] == len(_IDS),
    )


def _carry(lab: Lab, form: Path) -> Form:
    """How many requests saw their own id in both variables; the last body is shown."""
    with lab.serve(form) as served:
        bodies = {name: served.get(f"/?id={name}").body for name in _IDS}
    carried = sum(body == f"asked: {name}, found: {name}" for name, body in bodies.items())
    return Form(bodies[_IDS[-1]], {"requests": len(_IDS), "carried": carried})
