"""The rule that turns rounds into a mark, the same for all claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from claims.claim import Claim, Round, Statement
from loadtests.comparison.verdict.decisions import differs
from loadtests.comparison.verdict.paired import LEAST_FOR_INTERVAL, Estimate, estimate, holm

Truth = Literal["holds", "fails", "open"]
Mark = Literal["reproduced", "refuted", "undecided"]

RULE = (
    "A statement holds when its figure lies within the stated range, and fails when it lies outside, provided that the "
    "rounds decide it: the 95% interval of the figure's mean over rounds excludes each end of the range in question, "
    "Student's p, carried through Holm's correction over all ends of the claim's ranges, is below 0.05, and so is the "
    "p of the sign-flip test, for which 6 rounds are the fewest. Otherwise it is open. A claim is reproduced when all "
    "its statements hold, refuted when one fails, and else undecided."
)


@dataclass(frozen=True)
class Finding:
    """The finding on a statement: the mean of its figure (geometric for ratios) with its 95% interval."""

    statement: Statement
    values: tuple[float, ...]
    mean: float | None
    low: float | None
    high: float | None
    truth: Truth


@dataclass(frozen=True)
class Judgement:
    """All findings, and the mark that follows from them."""

    mark: Mark
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Test:
    """One end of a statement's range: whether the figure lies above or below it."""

    number: int
    is_low: bool
    estimated: Estimate

    @property
    def is_within(self) -> bool:
        return (self.estimated.mean > 0) == self.is_low


def judge(claim: Claim, rounds: Sequence[Round]) -> Judgement:
    """The mark of a claim, from its valid rounds."""
    values = [tuple(_values(statement, rounds)) for statement in claim.statements]
    tests = [
        test for number, statement in enumerate(claim.statements) for test in _tests(number, statement, values[number])
    ]
    corrected = holm({test: test.estimated.p for test in tests})
    decided = [test for test in tests if differs(test.estimated, corrected[test])]
    findings = [
        _finding(statement, values[number], [test for test in tests if test.number == number], decided)
        for number, statement in enumerate(claim.statements)
    ]
    return Judgement(_mark([finding.truth for finding in findings]), tuple(findings))


def _values(statement: Statement, rounds: Sequence[Round]) -> list[float]:
    """The values that exist, or none when one is infinite on the statement's scale: leaving that one out would favour
    the side that gave no answer."""
    figures = [statement.figure(played) for played in rounds]
    values = [figure for figure in figures if figure is not None]
    return values if all(isfinite(statement.scale.of(value)) for value in values) else []


def _tests(number: int, statement: Statement, values: Sequence[float]) -> Iterator[_Test]:
    of = statement.scale.of
    if len(values) < LEAST_FOR_INTERVAL:
        return
    for end, is_low in ((statement.low, True), (statement.high, False)):
        if end is not None:
            yield _Test(number, is_low, estimate([of(value) - of(end) for value in values]))


def _finding(
    statement: Statement, values: tuple[float, ...], tests: Sequence[_Test], decided: Sequence[_Test]
) -> Finding:
    if not tests:
        return Finding(statement, values, None, None, None, "open")
    scale = statement.scale
    estimated = estimate([scale.of(value) for value in values])
    mean, low, high = (scale.back(end) for end in (estimated.mean, estimated.low, estimated.high))
    return Finding(statement, values, mean, low, high, _truth(tests, decided))


def _truth(tests: Sequence[_Test], decided: Sequence[_Test]) -> Truth:
    if any(test in decided and not test.is_within for test in tests):
        return "fails"
    return "holds" if all(test in decided for test in tests) else "open"


def _mark(truths: Sequence[Truth]) -> Mark:
    if "fails" in truths:
        return "refuted"
    return "undecided" if "open" in truths else "reproduced"
