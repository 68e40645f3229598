"""Which pairs make which verdict."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.comparison.verdict.decisions import Decision, decide
from tests.harness.comparison.support import values_of

CPU = "cpu_ms_per_correct_answer"
BASE = [1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 3.0]
WOBBLE = [1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 1.01, 0.99]
"""Noise of 1%, pair by pair."""
SWAYING = [1.3, 0.7, 1.2, 0.8, 1.4, 0.6, 1.1, 0.9, 1.3, 0.7]


def times(ratio: float, noise: Sequence[float] = WOBBLE) -> list[float]:
    return [a * ratio * wobble for a, wobble in zip(BASE, noise, strict=True)]


def decided(metric: str, a: Sequence[float | None], b: Sequence[float | None], floor: float = 0) -> Decision:
    [decision] = decide(values_of(metric, a, b), {f"steady/{metric}": floor})
    return decision


@pytest.mark.parametrize(
    ("metric", "ratio", "noise", "verdict"),
    [
        (CPU, 1.1, WOBBLE, "worse"),
        (CPU, 0.9, WOBBLE, "better"),
        ("p99_ms", 1.1, WOBBLE, "worse"),
        ("peak_rss_bytes", 0.9, WOBBLE, "better"),
        ("correct_answers_per_s", 1.1, WOBBLE, "better"),
        ("correct_answers_per_s", 0.9, WOBBLE, "worse"),
        (CPU, 1.0, WOBBLE, "equivalent"),
        (CPU, 1.03, WOBBLE, "worse"),  # shown to differ, if by less than what would be equivalent
        (CPU, 1.0, SWAYING, "inconclusive"),
        (CPU, 1.1, SWAYING, "inconclusive"),
    ],
)
def test_a_verdict_is_about_b(metric: str, ratio: float, noise: Sequence[float], verdict: str) -> None:
    assert decided(metric, BASE, times(ratio, noise)).verdict == verdict


def test_a_decision_tells_all_that_it_was_made_from() -> None:
    decision = decided(CPU, [1.0, 1.0], [2.0, 2.0])
    assert decision == Decision(
        "steady", "all", CPU, 2, a=1, b=2, ratio=2, low=2, high=2,
        sign_flip_p=0.5, p=0, holm_p=0, verdict="inconclusive",
    )  # fmt: skip


@pytest.mark.parametrize(("pairs", "verdict"), [(3, "inconclusive"), (5, "inconclusive"), (6, "worse")])
def test_fewer_than_6_pairs_never_decide_a_difference(pairs: int, verdict: str) -> None:
    assert decided(CPU, BASE[:pairs], times(3)[:pairs]).verdict == verdict


def test_a_few_pairs_that_agree_well_enough_are_equivalent() -> None:
    assert decided(CPU, BASE[:3], times(1)[:3]).verdict == "equivalent"


@pytest.mark.parametrize(("floor", "verdict"), [(log(1.15), "inconclusive"), (log(1.05), "worse")])
def test_no_difference_below_the_noise_floor_is_called_real(floor: float, verdict: str) -> None:
    assert decided(CPU, BASE, times(1.1), floor).verdict == verdict


def test_a_noise_floor_holds_for_its_own_profile_and_metric() -> None:
    values = [*values_of(CPU, BASE, times(1.1)), *values_of(CPU, BASE, times(1.1), profile="peak")]
    assert [d.verdict for d in decide(values, {f"peak/{CPU}": 1.0})] == ["worse", "inconclusive"]


def test_what_one_test_would_show_is_not_enough_among_many() -> None:
    barely = [1.3, 1.2, 1.0, 1.1, 0.95, 1.1, 1.2, 1.0, 1.05, 0.99]
    alone = decided(CPU, BASE, times(1, barely))
    others = [v for n in range(10) for v in values_of("p50_ms", BASE, times(1, SWAYING), endpoint=str(n))]
    [among_many] = [d for d in decide([*values_of(CPU, BASE, times(1, barely)), *others]) if d.metric == CPU]
    assert (alone.verdict, among_many.verdict) == ("worse", "inconclusive")
    assert (alone.p, alone.holm_p) == (among_many.p, alone.p)
    assert among_many.holm_p == pytest.approx(11 * (alone.p or 0))


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ([1.0, 2.0, None], [1.0, 2.0, 3.0], 2),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 0.0], 2),
        ([1.0], [2.0], 1),
    ],
)
def test_a_pair_counts_when_both_sides_have_a_value(
    a: Sequence[float | None], b: Sequence[float | None], pairs: int
) -> None:
    assert decided(CPU, a, b).pairs == pairs


def test_one_pair_has_a_ratio_without_an_interval() -> None:
    assert decided(CPU, [1.0], [2.0]) == Decision(
        "steady", "all", CPU, 1, a=1, b=2, ratio=2, low=None, high=None,
        sign_flip_p=None, p=None, holm_p=None, verdict="inconclusive",
    )  # fmt: skip


def test_where_no_pair_has_both_sides_nothing_is_decided() -> None:
    assert decide(values_of(CPU, [1.0, None], [None, 2.0])) == []


def test_failures_that_never_happened_are_equivalent() -> None:
    assert decided("failed_share", [0.0] * 3, [0.0] * 3) == Decision(
        "steady", "all", "failed_share", 3, a=0, b=0, ratio=0, low=0, high=0,
        sign_flip_p=1, p=1, holm_p=1, verdict="equivalent",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("b", "verdict"),
    [
        ([0.03, 0.02, 0.03, 0.04, 0.03, 0.02], "worse"),
        ([0.0001, 0.0, 0.0, 0.0001, 0.0, 0.0], "equivalent"),
        ([0.03, 0.0, 0.0, 0.0, 0.0, 0.0], "inconclusive"),
    ],
)
def test_failures_are_judged_by_their_difference(b: Sequence[float], verdict: str) -> None:
    decision = decided("failed_share", [0.0] * 6, b)
    assert decision.verdict == verdict
    assert decision.ratio == pytest.approx(sum(b) / 6)


@given(st.lists(st.floats(0.5, 2), min_size=10, max_size=10))
def test_when_a_and_b_change_places_the_verdict_is_the_opposite(ratios: list[float]) -> None:
    there, back = decided(CPU, BASE, times(1, ratios)), decided(CPU, times(1, ratios), BASE)
    opposite: dict[str | None, str] = {"better": "worse", "worse": "better"}
    assert back.verdict == opposite.get(there.verdict, there.verdict)
