"""The rule by which a claim is marked, by figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claims.claim import ROUNDS, Claim, Statement
from claims.figures import ratio, throughput
from claims.rule import Mark, Truth, judge
from loadtests.comparison.verdict.metrics import PLAIN
from tests.claims.support import CLAIM, FASTER, rounds

CLEARLY = (1.30, 1.32, 1.28, 1.31, 1.29, 1.30)


def claim(*statements: Statement) -> Claim:
    return replace(CLAIM, statements=statements)


def within(low: float | None, high: float | None) -> Statement:
    return replace(FASTER, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "truth"),
    [
        (1.05, None, "holds"),
        (None, 1.05, "fails"),
        (1.40, None, "fails"),
        (None, 1.40, "holds"),
        (1.20, 1.40, "holds"),
        (1.40, 1.60, "fails"),
        (1.00, 1.10, "fails"),
        (1.30, None, "open"),
        (1.00, 1.305, "open"),
    ],
)
def test_a_range_decides_a_figure_of_1_3(low: float | None, high: float | None, truth: Truth) -> None:
    (finding,) = judge(claim(within(low, high)), rounds(*CLEARLY)).findings
    assert finding.truth == truth
    assert finding.values == pytest.approx(CLEARLY)
    assert finding.mean == pytest.approx(1.30, abs=0.001)
    assert finding.low == pytest.approx(1.285, abs=0.001)
    assert finding.high == pytest.approx(1.315, abs=0.001)


@pytest.mark.parametrize("count", range(ROUNDS))
def test_fewer_than_six_rounds_decide_nothing_however_alike_they_are(count: int) -> None:
    judgement = judge(CLAIM, rounds(*CLEARLY[:count]))
    assert (judgement.mark, judgement.findings[0].truth) == ("undecided", "open")


def test_one_round_that_says_otherwise_leaves_it_open() -> None:
    """An interval alone would call it shown; signs that may be flipped do not."""
    assert judge(CLAIM, rounds(*CLEARLY[:5], 1.04)).mark == "undecided"


@pytest.mark.parametrize(
    ("ranges", "mark"),
    [
        ([(1.2, None)], "reproduced"),
        ([(1.2, None), (None, 1.4)], "reproduced"),
        ([(1.2, None), (1.3, None)], "undecided"),
        ([(1.2, None), (1.4, None)], "refuted"),
        ([(1.3, None), (1.4, None)], "refuted"),
    ],
)
def test_all_statements_must_hold_and_one_that_fails_refutes(
    ranges: list[tuple[float | None, float | None]], mark: Mark
) -> None:
    assert judge(claim(*(within(low, high) for low, high in ranges)), rounds(*CLEARLY)).mark == mark


def test_the_more_ends_there_are_the_more_each_must_show() -> None:
    """Holm's correction: what decides one statement alone is not enough among twenty others."""
    narrowly = (1.08, 1.13, 1.09, 1.2, 1.08, 1.12)
    assert judge(CLAIM, rounds(*narrowly)).findings[0].truth == "holds"
    assert judge(claim(*[FASTER] * 20), rounds(*narrowly)).findings[0].truth == "open"


def test_a_figure_that_may_be_below_zero_is_judged_as_it_is() -> None:
    negative = Statement("less", lambda played: (ratio(throughput, "here")(played) or 0) - 2, "", low=0.0, scale=PLAIN)
    (finding,) = judge(claim(negative), rounds(*CLEARLY)).findings
    assert finding.truth == "fails"
    assert finding.mean == pytest.approx(-0.7)


def test_a_round_in_which_a_side_gave_no_answer_is_not_left_out_and_leaves_the_claim_open() -> None:
    (finding,) = judge(CLAIM, rounds(*CLEARLY, 0.0)).findings
    assert finding.values == pytest.approx((*CLEARLY, 0.0))
    assert finding.truth == "open"
