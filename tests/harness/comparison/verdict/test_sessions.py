"""Sessions pooled by random effects, against published figures, the formulas, and simulated sessions."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.comparison.verdict.sessions import Pooled, SessionEstimate, pool

MEANS = st.floats(-1, 1)
ERRORS = st.floats(0.001, 0.5)
SESSIONS = st.lists(st.builds(SessionEstimate, MEANS, ERRORS), min_size=3, max_size=9)


def _of(means: list[float], variances: list[float]) -> Pooled:
    return pool(SessionEstimate(mean, sqrt(variance)) for mean, variance in zip(means, variances, strict=True))


def test_the_published_example_of_paule_and_mandels_method_comes_out() -> None:
    """The gold data of Kacker, Combining Information from Interlaboratory Evaluations (2004): τ is 0.8399 there."""
    pooled = _of(
        [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9],
        [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225],
    )
    assert pooled.between == pytest.approx(0.8399, abs=6e-5)
    half = 2.306004 * pooled.error  # the table's t(0.975, 8)
    assert (pooled.low, pooled.high) == pytest.approx((pooled.mean - half, pooled.mean + half), rel=1e-8)
    half = 2.364624 * sqrt(pooled.between**2 + pooled.error**2)  # the table's t(0.975, 7)
    assert pooled.predicted == pytest.approx((pooled.mean - half, pooled.mean + half), rel=1e-8)


def test_sessions_whose_own_errors_vanish_beside_their_spread_are_pooled() -> None:
    means = [0.1, 0.30000000000000004, -0.7]
    assert _of(means, [1e-300] * 3).between == pytest.approx(np.std(means, ddof=1))


@settings(deadline=None)  # the first use of SciPy is slow
@given(SESSIONS)
def test_the_interval_is_the_one_of_hartung_and_knapp_with_its_floor(sessions: list[SessionEstimate]) -> None:
    pooled = pool(sessions)
    means = np.array([one.mean for one in sessions])
    weights = 1 / (np.array([one.error for one in sessions]) ** 2 + pooled.between**2)
    mean = weights @ means / weights.sum()
    q = weights @ (means - mean) ** 2 / (len(sessions) - 1)
    assert q == pytest.approx(1, abs=1e-6) if pooled.between else q <= 1 + 1e-9
    error = sqrt(max(1, q) / weights.sum())
    interval = stats.t.interval(0.95, len(sessions) - 1, mean, error)
    assert (pooled.mean, pooled.low, pooled.high) == pytest.approx((mean, *interval), abs=1e-6)
    assert pooled.p == pytest.approx(2 * stats.t.sf(abs(mean) / error, len(sessions) - 1), abs=1e-5)


@given(SESSIONS, st.floats(-3, 3), st.sampled_from([-2.0, -1.0, 0.5]))
def test_another_origin_or_unit_moves_all_along(sessions: list[SessionEstimate], origin: float, unit: float) -> None:
    moved = pool(SessionEstimate(unit * one.mean + origin, abs(unit) * one.error) for one in sessions)
    pooled = pool(sessions)
    ends = sorted(unit * end + origin for end in (pooled.low, pooled.high))
    assert (moved.low, moved.high) == pytest.approx(ends, abs=1e-6)
    assert moved.between == pytest.approx(abs(unit) * pooled.between, abs=1e-5)


def test_sessions_without_errors_of_their_own_are_a_plain_t_interval_of_their_means() -> None:
    means = [0.1, 0.14, 0.3, 0.12]
    reference = stats.ttest_1samp(means, 0)
    interval = reference.confidence_interval(0.95)
    pooled = _of(means, [0.0] * 4)
    assert (pooled.low, pooled.high, pooled.p) == pytest.approx((interval.low, interval.high, reference.pvalue))
    assert pooled.between == pytest.approx(np.std(means, ddof=1))


def test_one_session_of_like_pairs_has_not_all_the_weight() -> None:
    pooled = _of([0.0, 0.02, 0.04], [0.0, 0.0004, 0.0004])
    assert pooled.mean == pytest.approx(0.02)


@pytest.mark.parametrize(("mean", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_sessions_that_are_all_alike_leave_no_doubt(mean: float, p: float) -> None:
    assert _of([mean] * 5, [0.0] * 5) == Pooled(5, mean, mean, mean, p, 0.0, 0.0, (mean, mean))


def test_sessions_that_agree_by_chance_are_no_surer_than_their_pairs() -> None:
    pooled = _of([0.100, 0.101, 0.099], [0.0009] * 3)
    assert pooled.between == 0
    assert pooled.error == pytest.approx(0.03 / sqrt(3))


def test_two_sessions_are_not_pooled() -> None:
    with pytest.raises(ValueError, match="2 sessions can't be pooled: it takes 3"):
        _of([0.1, 0.2], [0.01, 0.01])


@pytest.mark.parametrize("count", [3, 4, 5, 9])
def test_five_sessions_are_the_fewest_that_predict(count: int) -> None:
    pooled = _of([0.1 * number for number in range(count)], [0.01] * count)
    if count < 5:
        assert pooled.predicted is None
    else:
        assert pooled.predicted is not None
        assert pooled.predicted[0] < pooled.low < pooled.high < pooled.predicted[1]


@pytest.mark.parametrize("between", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("count", [3, 6])
def test_intervals_of_simulated_sessions_hold_the_truth_as_often_as_they_say(count: int, between: float) -> None:
    """Ten pairs a session, of unlike spreads, each error estimated from its own pairs. That of one session's pairs, of
    a spread like that between sessions, holds the true mean far too seldom."""
    rng = np.random.default_rng(seed=16)
    held, alone, tries = 0, 0, 1_000
    for _ in range(tries):
        spreads = rng.uniform(0.05, 0.3, count)
        sessions = [rng.normal(rng.normal(0.2, between), spread, 10) for spread in spreads]
        pooled = pool(map(SessionEstimate.of, sessions))
        held += pooled.low <= 0.2 <= pooled.high
        interval = stats.t.interval(0.95, 9, sessions[0].mean(), sessions[0].std(ddof=1) / sqrt(10))
        alone += interval[0] <= 0.2 <= interval[1]
    assert held / tries > 0.93
    if between == 0.3:
        assert alone / tries < 0.5


def test_predictions_of_simulated_sessions_hold_the_next_one_in_nine_of_ten() -> None:
    """Somewhat less often than they say: by chance few sessions agree so well that no spread between them is seen."""
    rng = np.random.default_rng(seed=9)
    held, tries = 0, 1_000
    for _ in range(tries):
        sessions = [rng.normal(rng.normal(0.2, 0.1), 0.2, 10) for _ in range(6)]
        predicted = pool(map(SessionEstimate.of, sessions)).predicted
        assert predicted is not None
        held += predicted[0] <= rng.normal(0.2, 0.1) <= predicted[1]
    assert held / tries > 0.89
