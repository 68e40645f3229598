"""Levels of planned looks, and what a look says of a metric."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from loadtests.comparison.verdict.metrics import METRICS
from loadtests.comparison.verdict.sequential import LOOKS, Plan, levels, stand

CPU = METRICS["cpu_ms_per_correct_answer"]
SHARES = [look / LOOKS[-1] for look in LOOKS]


def test_one_look_spends_all() -> None:
    assert levels([1.0]) == pytest.approx((0.05,), abs=2e-4)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
def test_all_looks_together_err_as_often_as_stated(alpha: float) -> None:
    rng = np.random.default_rng(3)
    tries = 200_000
    steps = np.sqrt(np.diff([0.0, *SHARES])) * rng.standard_normal((tries, len(SHARES)))
    z = steps.cumsum(axis=1) / np.sqrt(SHARES)
    bounds = np.array([np.quantile(rng.standard_normal(4_000_000), 1 - level) for level in levels(SHARES, alpha)])
    assert (z > bounds).any(axis=1).mean() == pytest.approx(alpha, rel=0.06)


def pairs_of(*ratios: float) -> dict[int, tuple[float, float]]:
    return {number: (1.0, ratio) for number, ratio in enumerate(ratios, start=1)}


ALIKE = (1.01, 0.99, 1.0, 1.005, 0.995, 1.0, 1.01, 0.99, 1.0, 1.0)


def test_what_passed_at_an_earlier_look_stays_passed() -> None:
    later_wide = pairs_of(*ALIKE[:6], 1.2, 0.8, 1.25, 0.75)
    plan = Plan((6, 10), family=1)
    assert stand(CPU, later_wide, 6, 0.05, plan).found == "pass"
    assert (found := stand(CPU, later_wide, 10, 0.05, plan)).found == "pass"
    assert found.p_margin > 0.05


def test_a_pass_is_taken_back_by_a_regression() -> None:
    worse = pairs_of(*(1.0 + place / 1e4 for place in range(6)), *(1.2 + place / 1e3 for place in range(4)))
    plan = Plan((6, 10), family=1)
    assert [stand(CPU, worse, played, 0.05, plan).found for played in (6, 10)] == ["pass", "regression"]


def test_a_pair_that_was_lost_counts_for_no_look() -> None:
    pairs = pairs_of(*ALIKE)
    del pairs[3]
    assert stand(CPU, pairs, 6, 0.05, Plan((6, 10), family=1)).found == "open"
    assert stand(CPU, pairs, 10, 0.05, Plan((6, 10), family=1)).pairs == 9


def test_more_metrics_need_more_evidence() -> None:
    barely = pairs_of(1.02, 1.07, 0.99, 1.1, 1.0, 1.06, 1.08, 0.98, 1.05, 1.07)
    assert [stand(CPU, barely, 10, 0.05, Plan((10,), family)).found for family in (1, 100)] == ["regression", "open"]


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_a_side_without_answers_is_a_regression_and_its_opposite_passes(direction: str) -> None:
    metric = CPU if direction == "lower" else METRICS["correct_answers_per_s"]
    never = inf if direction == "lower" else 0.0
    plan = Plan((10,), family=1)
    gone = dict.fromkeys(range(1, 11), (1.0, never))
    assert stand(metric, gone, 10, 0.05, plan).found == "regression"
    back = dict.fromkeys(range(1, 11), (never, 1.0))
    assert stand(metric, back, 10, 0.05, plan).found == "pass"
