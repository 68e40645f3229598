"""What follows from the pairs: a ratio with its interval, a corrected p, and one word, for each metric and endpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from loadtests.comparison.figures import Side
from loadtests.comparison.verdict.metrics import METRICS, Metric, Value
from loadtests.comparison.verdict.paired import Estimate, estimate, holm

Verdict = Literal["better", "worse", "equivalent", "inconclusive"]

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Decision:
    """One metric of one endpoint (`statistics.ALL` for all). In `comparison.csv`.

    `a` and `b` are the geometric means over pairs; `ratio` is b / a with its 95% interval (of a metric that is judged
    by difference: b - a, and arithmetic means). `verdict` says whether b is better, in the metric's own direction.
    """

    profile: str
    endpoint: str
    metric: str
    pairs: int
    a: float | None
    b: float | None
    ratio: float | None
    low: float | None
    high: float | None
    sign_flip_p: float | None
    p: float | None
    holm_p: float | None
    verdict: Verdict


def decide(values: Iterable[Value], floors: Mapping[str, float] | None = None) -> list[Decision]:
    """A decision for each profile, endpoint and metric of which a pair has both sides, in the order of the values.

    `floors` maps `floor_name` to the noise floor (see `noise`). The verdict is `better` or `worse` when
    - Student's p, carried through Holm's correction over all decisions, is below 0.05 (so that the 95% interval, which
      is not corrected, leaves out "no difference"),
    - the sign-flip p is below 0.05, for which 6 pairs are the fewest,
    - and the difference is above the noise floor.

    It is the t test that is corrected: 10 pairs have a smallest sign-flip p of 2/1024, which no correction over some 30
    tests could leave below 0.05. Otherwise the verdict is `equivalent` when the whole interval is inside the
    metric's margin, and else `inconclusive`. So a small difference that has been shown is called one, and its ratio
    tells how small it is. One pair has neither interval nor p.
    """
    cases = [_Case(*name, pairs) for name, pairs in _paired(values).items() if pairs]
    estimates = {case.name: case.estimate() for case in cases if len(case.pairs) > 1}
    corrected = holm({name: estimated.p for name, estimated in estimates.items()})
    floor_of = floors or {}
    return [
        case.decision(estimates.get(case.name), corrected.get(case.name), floor_of.get(case.floor_name, 0.0))
        for case in cases
    ]


def floor_name(profile: str, metric: str) -> str:
    """The name of a noise floor; it is one for all endpoints."""
    return f"{profile}/{metric}"


_Name = tuple[str, str, str]
"""Profile, endpoint and metric."""


def _paired(values: Iterable[Value]) -> dict[_Name, list[tuple[float, float]]]:
    """The values (a, b) of the pairs in which both sides have one; of a metric judged by ratio, one above zero."""
    sides: dict[_Name, dict[Side, dict[int, float]]] = {}
    for value in values:
        if value.value is not None and (value.value > 0 or METRICS[value.metric].by_difference):
            case = sides.setdefault((value.profile, value.endpoint, value.metric), {"a": {}, "b": {}})
            case[value.side][value.pair] = value.value
    return {
        name: [(case["a"][pair], case["b"][pair]) for pair in sorted(case["a"].keys() & case["b"].keys())]
        for name, case in sides.items()
    }


@dataclass(frozen=True)
class _Case:
    """What one decision is about."""

    profile: str
    endpoint: str
    metric: str
    pairs: list[tuple[float, float]]

    @property
    def name(self) -> _Name:
        return self.profile, self.endpoint, self.metric

    @property
    def floor_name(self) -> str:
        return floor_name(self.profile, self.metric)

    @property
    def described(self) -> Metric:
        return METRICS[self.metric]

    @property
    def differences(self) -> list[float]:
        of = self.described.scale.of
        return [of(b) - of(a) for a, b in self.pairs]

    def estimate(self) -> Estimate:
        return estimate(self.differences)

    def decision(self, estimated: Estimate | None, holm_p: float | None, floor: float) -> Decision:
        of, back = self.described.scale.of, self.described.scale.back
        return Decision(
            *self.name,
            pairs=len(self.pairs),
            a=back(fmean(of(a) for a, _ in self.pairs)),
            b=back(fmean(of(b) for _, b in self.pairs)),
            ratio=back(fmean(self.differences)),
            low=back(estimated.low) if estimated else None,
            high=back(estimated.high) if estimated else None,
            sign_flip_p=estimated.sign_flip_p if estimated else None,
            p=estimated.p if estimated else None,
            holm_p=holm_p,
            verdict=self._verdict(estimated, holm_p, floor) if estimated and holm_p is not None else "inconclusive",
        )

    def _verdict(self, estimated: Estimate, holm_p: float, floor: float) -> Verdict:
        if differs(estimated, holm_p, floor):
            return "better" if (estimated.mean > 0) == (self.described.better == "higher") else "worse"
        if max(abs(estimated.low), abs(estimated.high)) <= self.described.equivalent:
            return "equivalent"
        return "inconclusive"


def differs(estimated: Estimate, holm_p: float, floor: float = 0.0) -> bool:
    """Whether a difference has been shown; see `decide`."""
    return holm_p < SIGNIFICANCE and estimated.sign_flip_p < SIGNIFICANCE and abs(estimated.mean) > floor
