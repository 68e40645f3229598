"""A comparison as its result folder holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.comparison.figures import Block, EndpointFigures, Slice
from loadtests.comparison.verdict.decisions import Decision
from loadtests.load.delay import Delay
from loadtests.load.profiles import Profile
from loadtests.options import REPLAY


@dataclass(frozen=True)
class Prediction:
    """What one contender could do at most, predicted from one user's unhurried requests, beside what it did.

    `slots` is how many requests it can have in flight; `slots_per_s` is slots / latency, `cpu_per_s` is its workers
    (a Python worker has one core at most) over CPU time per request; the lower of the two is the ceiling.
    """

    side: str
    contender: str
    slots: int | None
    latency_ms: float
    slots_per_s: float | None
    cpu_per_s: float | None
    measured_per_s: float | None

    @property
    def ceiling_per_s(self) -> float | None:
        known = [bound for bound in (self.slots_per_s, self.cpu_per_s) if bound is not None]
        return min(known, default=None)

    def response_ms(self, users: int) -> float | None:
        """Predicts the response time with `users`, by Little's law; None without a ceiling."""
        if self.ceiling_per_s is None:
            return None
        return max(self.latency_ms, users / self.ceiling_per_s * 1000)


@dataclass(frozen=True)
class Result:
    """All that a report tells. `contenders` has them by side (a, b, …), each with at least its `name` and `title`.

    `generator_ceiling_per_s` is the generator's own limit, against a server that does nothing; `noise_floor` maps
    (profile, metric) of all endpoints to the |log ratio| that an A/A comparison on this machine stayed below, and is
    None where there was none. `limits_cores` is, by profile, how much other work a turn may have had; empty where that
    was not limited. `sessions` has the time at which each session began (ISO 8601, UTC); none where it is not known.
    """

    folder: str
    started: str
    quick: bool
    contenders: dict[str, dict[str, Any]]
    conditions: dict[str, Any]
    workload: str
    profiles: list[Profile]
    predictions: list[Prediction]
    generator_ceiling_per_s: float | None
    slices: list[Slice]
    blocks: list[Block]
    endpoints: list[EndpointFigures]
    decisions: list[Decision]
    noise_floor: dict[str, float] | None
    notes: list[str]
    command: str
    limits_cores: dict[str, float] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)

    @property
    def replay(self) -> str | None:
        """What to add to a title where the backend was replayed; None where it was a real one."""
        told = backend_of(self.conditions)
        return told if told and told.startswith(REPLAY) else None

    @property
    def kept_slices(self) -> list[Slice]:
        """Those that were not played again."""
        return [one for one in self.slices if one.kept]


def backend_of(conditions: Mapping[str, Any]) -> str | None:
    """What stood behind the contenders: its mode, and of a replay its delay; None where the conditions do not tell."""
    backend = conditions.get("backend", {})
    mode: str | None = backend.get("mode")
    return f"{mode}, {Delay.parse(backend['delay_ms']).in_words}" if mode == REPLAY else mode
