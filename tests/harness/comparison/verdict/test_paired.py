"""Student's interval and test, the sign-flip test and Holm's correction, against SciPy and against figures by hand."""

from __future__ import annotations

from itertools import product
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.comparison.verdict.paired import Estimate, estimate, holm, ratio_with_interval, sign_flip

DIFFERENCES = st.lists(st.integers(-1_000, 1_000), min_size=3, max_size=8).filter(lambda values: len(set(values)) > 1)


@settings(deadline=None)  # the first use of SciPy is slow
@given(DIFFERENCES)
def test_interval_and_p_are_those_of_the_paired_t_test(differences: list[int]) -> None:
    reference = stats.ttest_1samp(differences, 0)
    interval = reference.confidence_interval(0.95)
    estimated = estimate(differences)
    assert (estimated.mean, estimated.low, estimated.high, estimated.p) == pytest.approx(
        (np.mean(differences), interval.low, interval.high, reference.pvalue), abs=1e-9
    )


@given(DIFFERENCES)
def test_the_sign_flip_test_tries_every_pattern_of_signs(differences: list[int]) -> None:
    patterns = product((1, -1), repeat=len(differences))
    sums = [sum(sign * value for sign, value in zip(signs, differences, strict=True)) for signs in patterns]
    as_far = [flipped for flipped in sums if abs(flipped) >= abs(sum(differences))]
    assert sign_flip(np.array(differences, dtype=float)) == len(as_far) / len(sums)


@pytest.mark.parametrize("pairs", [2, 5, 6, 10, 16])
def test_the_smallest_sign_flip_p_is_that_of_the_two_patterns_in_which_all_agree(pairs: int) -> None:
    assert sign_flip(np.linspace(0.1, 0.7, pairs)) == 2 / 2**pairs


def test_of_many_pairs_patterns_are_drawn_always_the_same() -> None:
    assert sign_flip(np.linspace(0.1, 0.7, 17)) == sign_flip(np.linspace(0.1, 0.7, 17)) < 0.001
    assert sign_flip(np.full(100, 0.1)) == 1 / 100_001


def test_drawn_patterns_give_nearly_the_exact_p() -> None:
    differences = np.random.default_rng(seed=3).normal(0.4, 1, 16)
    nearly_as_many = np.append(differences, 0.0)
    assert sign_flip(nearly_as_many) == pytest.approx(sign_flip(differences), abs=0.005)


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.0] * 6, Estimate(0, 0, 0, p=1, sign_flip_p=1)),
        ([0.5] * 6, Estimate(0.5, 0.5, 0.5, p=0, sign_flip_p=2 / 64)),
    ],
)
def test_pairs_that_are_all_alike_have_an_interval_without_width(differences: list[float], expected: Estimate) -> None:
    assert estimate(differences) == expected


def test_holms_correction_multiplies_by_the_tests_that_are_left_and_never_falls() -> None:
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005, "e": 0.9})
    assert corrected == pytest.approx({"a": 0.04, "b": 0.09, "c": 0.09, "d": 0.025, "e": 0.9})


def test_a_corrected_p_is_at_most_1() -> None:
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1, "b": 1}
    assert holm({}) == {}


def test_a_ratio_is_the_geometric_mean_and_lies_amid_its_interval() -> None:
    ratio, low, high = ratio_with_interval([log(1.1), log(1.2), log(1.3)])
    assert ratio == pytest.approx((1.1 * 1.2 * 1.3) ** (1 / 3))
    assert log(high / ratio) == pytest.approx(log(ratio / low))
    assert exp(log(ratio)) < high
