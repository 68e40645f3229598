"""Which pairs make which verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.comparison.verdict.decisions import Decision, decide
from loadtests.comparison.verdict.metrics import METRICS
from tests.harness.comparison.support import values_of

CPU, P95, THROUGHPUT = "cpu_ms_per_correct_answer", "p95_ms", "correct_answers_per_s"
BASE = [1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 3.0]
WOBBLE = [1.01, 0.99, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99, 1.01, 0.99]
"""Noise of 1%, pair by pair."""
SWAYING = [1.3, 0.7, 1.2, 0.8, 1.4, 0.6, 1.1, 0.9, 1.3, 0.7]


def times(ratio: float, noise: Sequence[float] = WOBBLE) -> list[float]:
    return [a * ratio * wobble for a, wobble in zip(BASE, noise, strict=True)]


def decided(metric: str, a: Sequence[float | None], b: Sequence[float | None], floor: float = 0) -> Decision:
    """Throughput at peak, all else at a fixed rate."""
    profile = "peak" if metric == THROUGHPUT else "steady"
    [decision] = decide(values_of(metric, a, b, profile=profile), {f"{profile}/{metric}": floor})
    return decision


@pytest.mark.parametrize(
    ("metric", "ratio", "noise", "verdict"),
    [
        (CPU, 1.1, WOBBLE, "worse"),
        (CPU, 0.9, WOBBLE, "better"),
        (P95, 1.1, WOBBLE, "worse"),
        ("peak_pss_bytes", 0.9, WOBBLE, "better"),
        (THROUGHPUT, 1.1, WOBBLE, "better"),
        (THROUGHPUT, 0.9, WOBBLE, "worse"),
        (CPU, 1.0, WOBBLE, "equivalent"),
        (CPU, 1.03, WOBBLE, "worse"),  # shown to differ, if by less than what would be equivalent
        (CPU, 1.0, SWAYING, "inconclusive"),
        (CPU, 1.1, SWAYING, "inconclusive"),
    ],
)
def test_a_verdict_is_about_b(metric: str, ratio: float, noise: Sequence[float], verdict: str) -> None:
    assert decided(metric, BASE, times(ratio, noise)).verdict == verdict


def test_a_decision_tells_all_that_it_was_made_from() -> None:
    decision = decided(CPU, [1.0] * 3, [2.0] * 3)
    assert decision == Decision(
        "steady", "all", CPU, 3, a=1, b=2, ratio=2, low=2, high=2,
        sign_flip_p=0.25, p=0, holm_p=0, verdict="inconclusive", method="t", detectable=None,
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
    assert [d.verdict for d in decide(values, {f"peak/{CPU}": 1.0})] == ["worse", None]
    assert [d.verdict for d in decide(values, {f"steady/{CPU}": 1.0})] == ["inconclusive", None]


def test_what_one_test_would_show_is_not_enough_among_many() -> None:
    barely = [1.3, 1.2, 1.0, 1.1, 0.95, 1.1, 1.2, 1.0, 1.05, 0.99]
    alone = decided(CPU, BASE, times(1, barely))
    others = [
        value
        for metric, profile in [(P95, "steady"), (THROUGHPUT, "peak"), ("peak_pss_bytes", "peak")]
        for value in values_of(metric, BASE, times(1, SWAYING), profile=profile)
    ]
    described = [v for n in range(10) for v in values_of(CPU, BASE, times(1, SWAYING), endpoint=str(n))]
    together = decide([*values_of(CPU, BASE, times(1, barely)), *others, *described])
    among_many = together[0]
    assert {one.holm_p for one in together if one.endpoint != "all"} == {None}
    assert (alone.verdict, among_many.verdict) == ("worse", "inconclusive")
    assert (alone.p, alone.holm_p) == (among_many.p, alone.p)
    assert among_many.holm_p == pytest.approx(4 * (alone.p or 0))


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        ([1.0, 2.0, None], [1.0, 2.0, 3.0], 2),
        ([1.0, 2.0, 3.0], [1.0, 2.0, inf], 3),
        ([1.0], [2.0], 1),
    ],
)
def test_a_pair_counts_when_both_sides_have_a_value(
    a: Sequence[float | None], b: Sequence[float | None], pairs: int
) -> None:
    assert decided(CPU, a, b).pairs == pairs


@pytest.mark.parametrize("pairs", [1, 2])
def test_two_pairs_have_a_ratio_and_no_interval(pairs: int) -> None:
    assert decided(CPU, [1.0] * pairs, [2.0] * pairs) == Decision(
        "steady", "all", CPU, pairs, a=1, b=2, ratio=2, low=None, high=None,
        sign_flip_p=None, p=None, holm_p=None, verdict=None,
    )  # fmt: skip


def test_where_no_pair_has_both_sides_nothing_is_decided() -> None:
    assert decide(values_of(CPU, [1.0, None], [None, 2.0])) == []


def test_failures_that_never_happened_are_equivalent() -> None:
    assert decided("failed_share", [0.0] * 3, [0.0] * 3) == Decision(
        "steady", "all", "failed_share", 3, a=0, b=0, ratio=0, low=0, high=0,
        sign_flip_p=1, p=1, holm_p=1, verdict="equivalent", method="t",
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


FAILED_IN_4 = [inf, 0.5, 0.5, inf, 0.5, 0.5, inf, 0.5, inf, 0.5]


@pytest.mark.parametrize(
    ("metric", "a", "b", "verdict"),
    [
        pytest.param(P95, [1.0] * 10, [inf] * 10, "worse", id="it refused most requests in every pair"),
        pytest.param(P95, [inf] * 10, [1.0] * 10, "better", id="the other one did"),
        pytest.param(P95, [1.0] * 10, FAILED_IN_4, "inconclusive", id="half the time, but never in 4 pairs"),
        pytest.param(P95, [inf] * 10, [inf] * 10, "inconclusive", id="neither"),
        pytest.param(THROUGHPUT, [1.0] * 10, [0.0] * 10, "worse", id="no response in any pair"),
        pytest.param(THROUGHPUT, [1.0] * 10, [0.0] * 4 + [2.0] * 6, "inconclusive", id="no response in 4 pairs"),
        pytest.param(CPU, [1.0] * 10, FAILED_IN_4, "inconclusive", id="no response in 4 pairs costs all"),
        pytest.param(P95, [1.0] * 5, [inf] * 5, "inconclusive", id="5 pairs"),
    ],
)
def test_a_side_without_a_figure_is_compared_by_ranks(
    metric: str, a: Sequence[float], b: Sequence[float], verdict: str
) -> None:
    found = decided(metric, a, b)
    assert (found.pairs, found.method, found.verdict) == (len(a), "rank", verdict)
    assert found.detectable is None


def test_a_side_that_fails_more_requests_is_not_called_better_in_that_profile() -> None:
    failures = [*values_of("failed_share", [0.0] * 10, [0.7 * wobble for wobble in WOBBLE])]
    cpu = [*values_of(CPU, BASE, times(0.5))]
    assert [one.verdict for one in decide([*cpu, *failures])] == ["inconclusive", "worse"]
    assert [one.verdict for one in decide(cpu)] == ["better"]
    swapped = [*values_of(CPU, times(0.5), BASE), *values_of("failed_share", [0.7 * w for w in WOBBLE], [0.0] * 10)]
    assert [one.verdict for one in decide(swapped)] == ["inconclusive", "better"]


def test_only_primary_metrics_of_all_requests_have_a_verdict() -> None:
    values = [
        value
        for profile in ("peak", "steady")
        for metric in METRICS
        for endpoint in ("all", "get")
        for value in values_of(metric, BASE, times(1.5), profile=profile, endpoint=endpoint)
    ]
    assert {(one.profile, one.metric, one.endpoint) for one in decide(values) if one.verdict} == {
        ("peak", THROUGHPUT, "all"), ("steady", P95, "all"), ("steady", CPU, "all"), ("peak", "peak_pss_bytes", "all"),
        ("peak", "failed_share", "all"), ("steady", "failed_share", "all"),
    }  # fmt: skip


def test_profiles_that_are_unjudged_have_figures_and_no_verdict() -> None:
    [quick] = decide(values_of(CPU, BASE, times(2)), unjudged={"steady"})
    assert (quick.verdict, quick.pairs) == (None, 10)
    assert quick.ratio == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("low", "high", "told"), [(0.5, 4.9, True), (0.5, 5.1, False), (0.0, 2.0, False), (1.0, inf, False)]
)
def test_no_interval_wider_than_a_factor_of_10_is_told(low: float, high: float, *, told: bool) -> None:
    one = replace(decided(CPU, BASE, times(1)), low=low, high=high)
    assert one.printable_interval == ((low, high) if told else None)
