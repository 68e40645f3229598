"""Service-level objectives such as `p99<200ms,errors<0.1%`, and whether a step of load met them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loadtests.comparison.rate.trend import grows
from loadtests.errors import LabError
from loadtests.statistics import Numbers, percentile, smallest_sample

LEAST_COMPLETED_SHARE = 0.99
MOST_GROWTH_SHARE = 1 - LEAST_COMPLETED_SHARE
"""The share of the offered arrivals by which the number in flight may grow: these will not complete."""

_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
_MS_PER_UNIT = {"ms": 1, "s": 1_000}
_NUMBER = r"(\d+(?:\.\d+)?)"
_TIME = re.compile(rf"({'|'.join(map(re.escape, _SHARES))})\s*<\s*{_NUMBER}\s*({'|'.join(_MS_PER_UNIT)})")
_ERRORS = re.compile(rf"errors\s*<\s*{_NUMBER}\s*%")
_ALLOWED = f"{', '.join(_SHARES)} < a duration in ms or s, or errors < a percentage, above zero: p99<200ms,errors<0.1%"


@dataclass(frozen=True)
class Step:
    """The result of offering a service arrivals at one rate for a while.

    Of the `offered` arrivals, `dropped` found no room in the generator, `completed` had their response (right or wrong)
    when the step ended, and `failures` failed in any way except being dropped, time-outs included. `response_times_ms`
    are of all sent requests, failures included; `in_flight` are counts of requests in flight, taken at equal intervals.
    """

    rate_per_s: float
    offered: int
    dropped: int
    completed: int
    failures: int
    response_times_ms: Numbers = field(repr=False)
    in_flight: Numbers = field(repr=False)


@dataclass(frozen=True)
class TimeLimit:
    """A percentile of the response times that must stay below `limit_ms`."""

    percentile: str
    limit_ms: float

    @property
    def least_requests(self) -> int:
        return smallest_sample(_SHARES[self.percentile])

    def of(self, times_ms: Numbers) -> float | None:
        """This percentile of the times."""
        return percentile(times_ms, _SHARES[self.percentile])

    def broken_by(self, step: Step) -> str | None:
        """The reason why it is broken. Too few requests count as broken: a missing figure is never a pass."""
        time_ms = self.of(step.response_times_ms)
        if time_ms is None:
            return f"{self.percentile} needs {self.least_requests} requests, not {len(step.response_times_ms)}"
        if time_ms < self.limit_ms:
            return None
        return f"{self.percentile} was {time_ms:.4g} ms, the objective is below {self.limit_ms:.4g} ms"


@dataclass(frozen=True)
class ErrorLimit:
    """The share of the offered arrivals that fail or are dropped must stay below `limit_share`."""

    limit_share: float

    def broken_by(self, step: Step) -> str | None:
        errors = step.failures + step.dropped
        if errors < self.limit_share * step.offered:
            return None
        return f"errors were {errors} of {step.offered}, the objective is below {self.limit_share:.4%}"


@dataclass(frozen=True)
class Objective:
    """Terms that must all be kept."""

    terms: tuple[TimeLimit | ErrorLimit, ...]

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Parse the terms. Raises LabError that names each bad term and the allowed ones."""
        terms = {part.strip(): _term(part.strip()) for part in text.split(",")}
        bad = [part for part, term in terms.items() if term is None]
        if bad:
            raise LabError(f"SLO: {', '.join(map(repr, bad))}: give {_ALLOWED}")
        return cls(tuple(term for term in terms.values() if term is not None))

    @property
    def least_requests(self) -> int:
        """The number of requests that a step needs to judge every percentile."""
        return max((term.least_requests for term in self.terms if isinstance(term, TimeLimit)), default=1)

    def broken_by(self, step: Step) -> list[str]:
        """The reason for each broken term; empty when the objective is kept."""
        return [broken for term in self.terms if (broken := term.broken_by(step)) is not None]


def _term(text: str) -> TimeLimit | ErrorLimit | None:
    if (match := _TIME.fullmatch(text)) and float(match[2]) > 0:
        return TimeLimit(match[1], float(match[2]) * _MS_PER_UNIT[match[3]])
    if (match := _ERRORS.fullmatch(text)) and float(match[1]) > 0:
        return ErrorLimit(float(match[1]) / 100)
    return None


def failings(objective: Objective, step: Step) -> list[str]:
    """The reasons why the step's rate is not sustained; empty when it is.

    A rate is sustained when the objective is kept, at least 99% of the offered arrivals completed, none was dropped,
    and the number in flight did not grow (see `trend.grows`) by more than 1% of the offered arrivals. A service that
    falls behind by that share completes no more than the other 99% in the long run.
    """
    found = objective.broken_by(step)
    if step.completed < LEAST_COMPLETED_SHARE * step.offered:
        found.append(f"{step.completed} of {step.offered} arrivals completed, {LEAST_COMPLETED_SHARE:.0%} must")
    if step.dropped:
        found.append(f"{step.dropped} arrivals found no room in the generator")
    if grows(step.in_flight, MOST_GROWTH_SHARE * step.offered):
        found.append("the number in flight grew")
    return found
