"""The rule that turns rounds into a mark, the same for all claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from claims.claim import Claim, Round, Statement
from loadtests.comparison.verdict.decisions import MOST_TOLD_WIDTH, SIGNIFICANCE
from loadtests.comparison.verdict.exclusion import MOST_LOST_SHARE
from loadtests.comparison.verdict.metrics import LOGARITHMIC
from loadtests.comparison.verdict.paired import (
    LEAST_FOR_INTERVAL,
    detectable,
    estimate,
    holm,
    rank_estimate,
)
from loadtests.comparison.verdict.sessions import SessionEstimate, pool

Truth = Literal["holds", "fails", "open", "described"]
Mark = Literal["reproduced", "refuted", "undecided"]
Values = Sequence[Sequence[float]]
"""The figures of a session: for each statement, one of each round that has it."""

RULE = (
    "A statement holds when its figure lies within the stated range, and fails when it lies outside, provided that the "
    "rounds decide it: Student's p of the figure's mean over rounds, for each end of the range, carried through Holm's "
    "correction over all ends of the claim's ranges, is below 0.05, and so is the p of the sign-flip test, for which 6 "
    "rounds are the fewest. Where a side had no correct response, the signed-rank test takes the place of both. "
    "Otherwise the statement is open. A claim that needs several sessions is decided by all of them together, never by "
    "fewer: by random effects (Hartung and Knapp), in which the session is the unit. Sessions begin an hour apart at "
    "least, and under the same conditions. A claim is reproduced when all its statements hold, refuted when one fails, "
    "and else undecided. Statements without a range describe. As in every comparison, a round that generator or "
    f"machine spoiled is lost on both sides, and a claim that lost more than {MOST_LOST_SHARE:.0%} of its rounds is "
    "undecided; a session that did does not count."
)


@dataclass(frozen=True)
class Finding:
    """The finding on a statement: this session's figures, and their mean (geometric for ratios, the median where a
    figure is infinite) with its 95% interval; of all sessions together where they decide.

    `detectable` is how far from its range's nearest end the figure would have to be so that 8 of 10 tries show it: a
    share, or in the statement's unit where the scale is plain. None where it is not Student's test that decides.
    """

    statement: Statement
    values: tuple[float, ...]
    mean: float | None
    low: float | None
    high: float | None
    truth: Truth
    detectable: float | None = None

    @property
    def told_interval(self) -> tuple[float, float] | None:
        """The interval, where it is narrow enough to be told as numbers."""
        if self.low is None or self.high is None or not (isfinite(self.low) and isfinite(self.high)):
            return None
        is_wide = self.statement.scale is LOGARITHMIC and self.high > MOST_TOLD_WIDTH * self.low
        return None if is_wide else (self.low, self.high)


@dataclass(frozen=True)
class Judgement:
    """All findings, and the mark that follows from them. `reason` tells why nothing could follow, whatever they are."""

    mark: Mark
    findings: tuple[Finding, ...]
    reason: str | None = None

    @property
    def in_words(self) -> str:
        return self.mark if self.reason is None else f"{self.mark}: {self.reason}"


@dataclass(frozen=True)
class _Centre:
    """A mean on the statement's scale, its interval, and the p values of all tests that it is zero."""

    mean: float
    low: float
    high: float
    p: float
    sign_flip_p: float | None = None


@dataclass(frozen=True)
class _Test:
    """One end of a statement's range: whether the figure lies above or below it."""

    number: int
    is_low: bool
    centre: _Centre

    @property
    def is_within(self) -> bool:
        return (self.centre.mean > 0) == self.is_low

    def is_decided(self, corrected_p: float) -> bool:
        flipped = self.centre.sign_flip_p
        return corrected_p < SIGNIFICANCE and (flipped is None or flipped < SIGNIFICANCE)


def values_of(claim: Claim, rounds: Sequence[Round]) -> tuple[tuple[float, ...], ...]:
    """The figures of a session's valid rounds, by statement: none of a statement for which too many rounds lack one."""
    return tuple(tuple(_values(statement, rounds)) for statement in claim.statements)


def _values(statement: Statement, rounds: Sequence[Round]) -> list[float]:
    figures = [statement.figure(played) for played in rounds]
    values = [figure for figure in figures if figure is not None]
    return [] if is_lost(len(figures) - len(values), len(figures)) else values


def is_lost(lost_rounds: int, rounds: int) -> bool:
    """Whether too many of a session's rounds were lost, by the rule of every comparison."""
    return lost_rounds > MOST_LOST_SHARE * rounds


def judge(claim: Claim, rounds: Sequence[Round], lost_rounds: int = 0, counted: Sequence[Values] = ()) -> Judgement:
    """The mark of a claim, from this session's valid rounds; from all sessions that count where it needs several."""
    values, played = values_of(claim, rounds), len(rounds) + lost_rounds
    if claim.sessions == 1 and is_lost(lost_rounds, played):
        reason = f"{lost_rounds} of {played} rounds were lost, and a claim may lose {MOST_LOST_SHARE:.0%}"
        return _undecided(claim, values, reason)
    if claim.sessions > 1 and len(counted) < claim.sessions:
        return _undecided(claim, values, f"{len(counted)} of {claim.sessions} sessions")
    sessions = counted if claim.sessions > 1 else [values]
    by_statement = [[session[number] for session in sessions] for number in range(len(claim.statements))]
    tests = [
        test
        for number, statement in enumerate(claim.statements)
        for test in _tests(number, statement, by_statement[number])
    ]
    corrected = holm({test: test.centre.p for test in tests})
    decided = [test for test in tests if test.is_decided(corrected[test])]
    findings = [
        _finding(
            statement,
            values[number],
            _centre(statement, by_statement[number], 0.0),
            _truth(statement, [test for test in tests if test.number == number], decided),
            _detectable(statement, by_statement[number], len(tests)),
        )
        for number, statement in enumerate(claim.statements)
    ]
    return Judgement(_mark([finding.truth for finding in findings]), tuple(findings))


def _undecided(claim: Claim, values: Values, reason: str) -> Judgement:
    """This session's figures, from which nothing follows."""
    findings = tuple(
        _finding(statement, of_statement, _centre(statement, [of_statement], 0.0), _truth(statement, [], []), None)
        for statement, of_statement in zip(claim.statements, values, strict=True)
    )
    return Judgement("undecided", findings, reason)


def _tests(number: int, statement: Statement, sessions: Values) -> Iterator[_Test]:
    for end, is_low in ((statement.low, True), (statement.high, False)):
        if end is None:
            continue
        centre = _centre(statement, sessions, statement.scale.of(end))
        if centre is not None:
            yield _Test(number, is_low, centre)


def _centre(statement: Statement, sessions: Values, end: float) -> _Centre | None:
    """Of the figures' differences from an end, on the statement's scale; None of too few."""
    differences = [[statement.scale.of(value) - end for value in values] for values in sessions]
    if any(len(one) < LEAST_FOR_INTERVAL for one in differences):
        return None
    is_finite = all(isfinite(difference) for one in differences for difference in one)
    if len(differences) == 1:
        found = estimate(differences[0]) if is_finite else rank_estimate(differences[0])
        return _Centre(found.mean, found.low, found.high, found.p, found.sign_flip_p)
    if not is_finite:
        return None
    pooled = pool(SessionEstimate.of(one) for one in differences)
    return _Centre(pooled.mean, pooled.low, pooled.high, pooled.p)


def _detectable(statement: Statement, sessions: Values, tests: int) -> float | None:
    """As in Finding."""
    if statement.describes or len(sessions) != 1 or not tests:
        return None
    on_scale = [statement.scale.of(value) for value in sessions[0]]
    if not all(map(isfinite, on_scale)):
        return None
    found = detectable(on_scale, SIGNIFICANCE / tests)
    return found if found is None or statement.scale is not LOGARITHMIC else statement.scale.back(found) - 1


def _finding(
    statement: Statement, values: Sequence[float], centre: _Centre | None, truth: Truth, found: float | None
) -> Finding:
    if centre is None:
        return Finding(statement, tuple(values), None, None, None, truth)
    back = statement.scale.back
    return Finding(statement, tuple(values), back(centre.mean), back(centre.low), back(centre.high), truth, found)


def _truth(statement: Statement, tests: Sequence[_Test], decided: Sequence[_Test]) -> Truth:
    if statement.describes:
        return "described"
    if any(test in decided and not test.is_within for test in tests):
        return "fails"
    return "holds" if tests and all(test in decided for test in tests) else "open"


def _mark(truths: Sequence[Truth]) -> Mark:
    if "fails" in truths:
        return "refuted"
    return "undecided" if "open" in truths else "reproduced"
