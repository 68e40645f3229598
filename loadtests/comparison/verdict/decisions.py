"""What follows from the pairs: a ratio with its interval for each metric and endpoint, and one word for a primary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from statistics import fmean
from typing import Literal

from loadtests.comparison.figures import Side
from loadtests.comparison.verdict.metrics import METRICS, Metric, Value
from loadtests.comparison.verdict.paired import (
    LEAST_FOR_INTERVAL,
    Estimate,
    Method,
    detectable,
    detectable_by,
    estimate,
    holm,
    median,
    rank_estimate,
    simultaneous,
)
from loadtests.comparison.verdict.sessions import LEAST_TO_POOL, Pooled, SessionEstimate, pool
from loadtests.statistics import ALL

Verdict = Literal["better", "worse", "equivalent", "inconclusive"]

SIGNIFICANCE = 0.05
MOST_TOLD_WIDTH = 10.0
"""High / low of an interval of a ratio: numbers that are further apart tell nothing but that nothing is known."""


@dataclass(frozen=True)
class Decision:
    """One metric of one endpoint (`statistics.ALL` for all), of one contender against the first. In `comparison.csv`.

    `side` names the contender: b, or in a comparison of more than two b, c, … `a` is the first one's figure and `b`
    that of this side. By `method` t, these are the geometric means over pairs; `ratio` is b / a with its 95% interval
    (of a metric that is compared by difference: b - a, and arithmetic means). By `rank`, where a side had no figure in
    some pair, all three are medians: a ratio of zero or infinity says that a side had none in most pairs. With several
    sides the intervals of a metric are simultaneous: with 95% all of them hold (see `paired.simultaneous`).

    `verdict` says whether this side is better, in the metric's own direction; None where none is given: to a metric
    that describes, in a quick run, and where too many pairs were lost. `holm_p` is of primary metrics. `detectable` is
    the smallest difference that so many pairs with such a spread show in 8 of 10 tries: a share of a, or a difference.

    By method `sessions`, from three sessions on, `ratio` and its interval are pooled over sessions. `between` is the
    standard deviation of true ratios between sessions, as a share (of a difference: plain); `predicted_low` and
    `predicted_high` are the 95% interval in which one more session's true ratio lies, from five sessions on.

    `contender` is the side's name, and `backend` what stood behind all of them (see `result.backend_of`); None in
    results that do not tell.
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
    verdict: Verdict | None
    method: Method | None = None
    detectable: float | None = None
    between: float | None = None
    predicted_low: float | None = None
    predicted_high: float | None = None
    side: Side = "b"
    contender: str | None = None
    backend: str | None = None

    @property
    def printable_interval(self) -> tuple[float, float] | None:
        """The interval, where it is narrow enough to be told as numbers."""
        if self.low is None or self.high is None or not (isfinite(self.low) and isfinite(self.high)):
            return None
        wide = not METRICS[self.metric].by_difference and self.high > MOST_TOLD_WIDTH * self.low
        return None if wide else (self.low, self.high)


def decide(
    values: Iterable[Value],
    floors: Mapping[str, float] | None = None,
    unjudged: Collection[str] = (),
    session_pairs: int | None = None,
) -> list[Decision]:
    """A decision for each profile, endpoint, metric and side of which a pair has that side and the first, a; in the
    order of the values.

    A verdict is given to primary metrics of all endpoints together (see `metrics.primaries`), but not in profiles that
    are `unjudged`. `floors` maps `floor_name` to the noise floor (see `noise`). It is `better` or `worse` when
    - the test's p, carried through Holm's correction over the primary metrics of all sides, is below 0.05,
    - the t interval leaves out "no difference" (which follows with two sides; with more, it may be the stricter one),
    - the sign-flip p is below 0.05, for which 6 pairs are the fewest (not where sessions are pooled),
    - the difference is above the noise floor,
    - and, for `better`, this side did not fail more requests in that profile: less work is no gain.

    It is the t test that is corrected: 10 pairs have a smallest sign-flip p of 2/1024, which few corrections could
    leave below 0.05. Otherwise the verdict is `equivalent` when the whole interval is inside the metric's margin, and
    else `inconclusive`. So a small difference that has been shown is called one, and its ratio tells how small it is.
    Two pairs have neither interval nor p. Sessions have `session_pairs` pairs each, numbered on from one session to the
    next; None where there is one session.
    """
    by_name = paired(values)
    confidence = simultaneous(max(len({side for *_, side in by_name}), 1))
    cases = [_Case(*name, _in_sessions(pairs, session_pairs), confidence) for name, pairs in by_name.items() if pairs]
    estimates = {case.name: case.estimate() for case in cases if len(case.pairs) >= LEAST_FOR_INTERVAL}
    family = [name for name in _family(cases) if name in estimates]
    corrected = holm({name: estimates[name].p for name in family})
    floor_of = floors or {}
    verdicts = {
        case.name: case.verdict(estimates[case.name], corrected[case.name], floor_of.get(case.floor_name, 0.0))
        for case in cases
        if case.name in corrected and case.profile not in unjudged
    }
    failing = {(case.profile, case.side): verdicts.get(case.name) for case in cases if case.metric == _FAILURES}
    return [
        case.decision(
            estimates.get(case.name),
            corrected.get(case.name),
            _of_equal_work(verdicts.get(case.name), failing.get((case.profile, case.side)), case.metric),
            case.detectable(SIGNIFICANCE / len(family), floor_of.get(case.floor_name, 0.0))
            if case.name in corrected
            else None,
        )
        for case in cases
    ]


_FAILURES = "failed_share"


def floor_name(profile: str, metric: str) -> str:
    """The name of a noise floor; it is one for all endpoints."""
    return f"{profile}/{metric}"


_Name = tuple[str, str, str, Side]
"""Profile, endpoint, metric, and the side that is compared with a."""


def _of_equal_work(verdict: Verdict | None, failures: Verdict | None, metric: str) -> Verdict | None:
    """The verdict, unless it favours the contender that is shown to fail more requests."""
    favours_failing = (verdict, failures) in (("better", "worse"), ("worse", "better"))
    return "inconclusive" if favours_failing and metric != _FAILURES else verdict


def _family(cases: Iterable[_Case]) -> list[_Name]:
    """The decisions that carry a verdict; their profiles are those in which the metric has a value."""
    of_all = [case for case in cases if case.endpoint == ALL]
    sides = dict.fromkeys(case.side for case in of_all)
    played = {metric: [case.profile for case in of_all if case.metric == metric] for metric in METRICS}
    return [
        (profile, ALL, metric, side)
        for metric, profiles in played.items()
        for profile in METRICS[metric].primary_profiles(profiles)
        for side in sides
    ]


def paired(values: Iterable[Value]) -> dict[_Name, dict[int, tuple[float, float]]]:
    """The values (a, b) of each pair in which the side of the name has one (b), and side a too."""
    cases: dict[tuple[str, str, str], dict[Side, dict[int, float]]] = {}
    for value in values:
        if value.value is not None:
            case = cases.setdefault((value.profile, value.endpoint, value.metric), {})
            case.setdefault(value.side, {})[value.pair] = value.value
    return {
        (*name, side): {
            pair: (case["a"][pair], case[side][pair]) for pair in sorted(case["a"].keys() & case[side].keys())
        }
        for name, case in cases.items()
        if "a" in case
        for side in sorted(case.keys() - {"a"})
    }


def differences(metric: Metric, pairs: Iterable[tuple[float, float]]) -> list[float]:
    """b - a of each pair on the metric's scale; two figures that are both infinite do not differ."""
    of = metric.scale.of
    return [0.0 if a == b else of(b) - of(a) for a, b in pairs]


def _in_sessions(
    pairs: Mapping[int, tuple[float, float]], session_pairs: int | None
) -> list[list[tuple[float, float]]]:
    """The pairs by session; those numbered 1 to `session_pairs` are the first one's."""
    sessions: dict[int, list[tuple[float, float]]] = {}
    for number, pair in pairs.items():
        sessions.setdefault((number - 1) // session_pairs if session_pairs else 0, []).append(pair)
    return [*sessions.values()]


@dataclass(frozen=True)
class _Case:
    """What one decision is about."""

    profile: str
    endpoint: str
    metric: str
    side: Side
    sessions: list[list[tuple[float, float]]]
    confidence: float

    @property
    def pairs(self) -> list[tuple[float, float]]:
        return [pair for session in self.sessions for pair in session]

    @property
    def name(self) -> _Name:
        return self.profile, self.endpoint, self.metric, self.side

    @property
    def floor_name(self) -> str:
        return floor_name(self.profile, self.metric)

    @property
    def described(self) -> Metric:
        return METRICS[self.metric]

    @property
    def differences(self) -> list[float]:
        return differences(self.described, self.pairs)

    @property
    def is_finite(self) -> bool:
        of = self.described.scale.of
        return all(isfinite(of(value)) for pair in self.pairs for value in pair)

    @cached_property
    def pooled(self) -> Pooled | None:
        """What the sessions give together; None of fewer than three, and where a side had no figure in some pair."""
        known = [session for session in self.sessions if len(session) >= LEAST_FOR_INTERVAL]
        if len(known) < LEAST_TO_POOL or not self.is_finite:
            return None
        return pool((SessionEstimate.of(differences(self.described, session)) for session in known), self.confidence)

    def estimate(self) -> Estimate:
        if pooled := self.pooled:
            return Estimate(pooled.mean, pooled.low, pooled.high, pooled.p, None, "sessions")
        find = estimate if self.is_finite else rank_estimate
        return find(self.differences, self.confidence)

    def detectable(self, alpha: float, floor: float) -> float | None:
        """As in `Decision`; None where it is not Student's test that decides."""
        if pooled := self.pooled:
            found: float | None = detectable_by(pooled.error, pooled.degrees, alpha, floor)
        else:
            found = detectable(self.differences, alpha, floor) if self.is_finite else None
        return found if found is None else self._size(found)

    def _size(self, on_scale: float) -> float:
        """A distance on the metric's scale: a share of a, or a difference."""
        return on_scale if self.described.by_difference else self.described.scale.back(on_scale) - 1

    def decision(
        self, estimated: Estimate | None, holm_p: float | None, verdict: Verdict | None, found: float | None
    ) -> Decision:
        of, back = self.described.scale.of, self.described.scale.back
        centre, pooled = fmean if self.is_finite else median, self.pooled
        predicted = pooled.predicted if pooled else None
        return Decision(
            self.profile,
            self.endpoint,
            self.metric,
            pairs=len(self.pairs),
            a=back(centre([of(a) for a, _ in self.pairs])),
            b=back(centre([of(b) for _, b in self.pairs])),
            ratio=back(pooled.mean if pooled else centre(self.differences)),
            low=back(estimated.low) if estimated else None,
            high=back(estimated.high) if estimated else None,
            sign_flip_p=estimated.sign_flip_p if estimated else None,
            p=estimated.p if estimated else None,
            holm_p=holm_p,
            verdict=verdict,
            method=estimated.method if estimated else None,
            detectable=found,
            between=self._size(pooled.between) if pooled else None,
            predicted_low=back(predicted[0]) if predicted else None,
            predicted_high=back(predicted[1]) if predicted else None,
            side=self.side,
        )

    def verdict(self, estimated: Estimate, holm_p: float, floor: float) -> Verdict:
        if differs(estimated, holm_p, floor):
            return "better" if (estimated.mean > 0) == (self.described.better == "higher") else "worse"
        if self.is_finite and max(abs(estimated.low), abs(estimated.high)) <= self.described.equivalent:
            return "equivalent"
        return "inconclusive"


def differs(estimated: Estimate, holm_p: float, floor: float = 0.0) -> bool:
    """Whether a difference has been shown; see `decide`."""
    flipped = estimated.sign_flip_p is None or estimated.sign_flip_p < SIGNIFICANCE
    apart = estimated.method == "rank" or estimated.low > 0 or estimated.high < 0
    return holm_p < SIGNIFICANCE and flipped and apart and abs(estimated.mean) > floor
