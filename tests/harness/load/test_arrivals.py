"""When requests of open load are due."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from loadtests.load.arrivals import poisson_arrivals_s

BURST = ((50.0, 40.0), (400.0, 20.0), (50.0, 40.0))


def test_the_same_seed_has_the_same_arrivals_and_another_has_others() -> None:
    once, again, other = (poisson_arrivals_s(BURST, seed) for seed in ("one", "one", "two"))
    assert once.tolist() == again.tolist()
    assert set(once).isdisjoint(other)


def test_arrivals_are_in_order_and_within_the_schedule() -> None:
    arrivals_s = poisson_arrivals_s(BURST, "one")
    assert arrivals_s.tolist() == sorted(arrivals_s)
    assert arrivals_s[0] >= 0
    assert arrivals_s[-1] < 100


@pytest.mark.parametrize(("begin_s", "end_s", "rate_per_s"), [(0, 40, 50), (40, 60, 400), (60, 100, 50)])
def test_each_segment_has_its_own_rate(begin_s: float, end_s: float, rate_per_s: float) -> None:
    arrivals_s = poisson_arrivals_s(BURST, "one")
    expected = rate_per_s * (end_s - begin_s)
    found = np.count_nonzero((arrivals_s >= begin_s) & (arrivals_s < end_s))
    assert abs(found - expected) < 4 * sqrt(expected)


def test_the_gaps_are_those_of_a_poisson_process() -> None:
    gaps_s = np.diff(poisson_arrivals_s(((1_000, 20),), "one"))
    assert stats.kstest(gaps_s, stats.expon(scale=1 / 1_000).cdf).pvalue > 0.001


def test_a_rate_so_low_that_nobody_comes_is_no_error() -> None:
    assert poisson_arrivals_s(((1e-9, 1),), "one").tolist() == []


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_processes_share_all_arrivals_evenly(processes: int) -> None:
    arrivals_s = poisson_arrivals_s(BURST, "one")
    parts = [arrivals_s[process::processes] for process in range(processes)]
    assert sorted(np.concatenate(parts)) == arrivals_s.tolist()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
