"""One exhibit shown: what its demonstration observed, and how long it took."""

from __future__ import annotations

import time
from dataclasses import dataclass

from loadtests.errors import LabError
from pitfalls.exhibit import Exhibit, Form, Outcome
from pitfalls.lab import Lab


@dataclass(frozen=True)
class Shown:
    """What a demonstration observed, in how many seconds."""

    exhibit: Exhibit
    outcome: Outcome
    seconds: float

    @property
    def faults(self) -> list[str]:
        """In what it is not as described; empty where all is well."""
        claims = {"not reproduced": self.outcome.reproduced, "not cured": self.outcome.cures}
        return [fault for fault, holds in claims.items() if not holds]

    @property
    def figures(self) -> list[str]:
        """The names of the figures of either form."""
        return list(self.outcome.broken.figures | self.outcome.cured.figures)

    @property
    def verdict(self) -> str:
        return ", ".join(self.faults) or "reproduced and cured"


def show(exhibit: Exhibit, lab: Lab) -> Shown:
    """A demonstration that could not be held counts as neither reproduced nor cured: it observed why."""
    began_s = time.perf_counter()
    try:
        outcome = exhibit.demonstrate(lab)
    except LabError as error:
        outcome = Outcome(Form(f"no demonstration: {error}"), Form("no demonstration"), reproduced=False, cures=False)
    return Shown(exhibit, outcome, time.perf_counter() - began_s)
