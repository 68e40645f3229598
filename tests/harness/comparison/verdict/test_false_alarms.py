"""Shuffled labels make no differences; the rule has to see none, more often than not by far."""

from __future__ import annotations

import random

from loadtests.comparison.verdict.false_alarms import AlarmShares, shuffled_alarm_share
from loadtests.comparison.verdict.metrics import Value
from tests.harness.comparison.support import values_of

WANTED = 0.06


def test_two_unlike_contenders_whose_labels_are_shuffled_are_seldom_called_different() -> None:
    rng = random.Random(5)
    a, b = ([ratio * rng.lognormvariate(0, 0.03) for _ in range(10)] for ratio in (1.0, 1.02))
    shares = shuffled_alarm_share([*values_of("p95_ms", a, b)])
    assert 0.04 < shares.single == shares.family <= WANTED


def test_the_more_that_is_judged_the_less_each_is_believed() -> None:
    rng = random.Random(6)
    values: list[Value] = []
    for metric, profile in [("p95_ms", "steady"), ("cpu_ms_per_correct_answer", "steady"), ("peak_pss_bytes", "peak")]:
        a, b = ([rng.gauss(10, 1) for _ in range(10)] for _ in "ab")
        values += values_of(metric, a, b, profile=profile)
    shares = shuffled_alarm_share(values, times=300)
    assert shares.single < shares.family / 2 < WANTED / 2 + 0.01


def test_the_same_seed_shuffles_alike() -> None:
    values = [*values_of("p95_ms", [1.0] * 8, [1.1, 1.0, 1.2, 0.9, 1.0, 1.3, 1.2, 1.1])]
    assert shuffled_alarm_share(values, 200, seed=1) == shuffled_alarm_share(values, 200, seed=1)


def test_three_pairs_can_be_swapped_in_eight_ways_and_never_differ() -> None:
    assert shuffled_alarm_share(values_of("p95_ms", [1.0] * 3, [2.0, 2.1, 2.2])) == AlarmShares(0, 0)


def test_six_pairs_that_agree_differ_in_the_two_ways_of_64_in_which_all_agree() -> None:
    shares = shuffled_alarm_share(values_of("p95_ms", [1.0] * 6, [2.0, 2.1, 2.2, 2.3, 2.4, 2.5]))
    assert shares == AlarmShares(2 / 64, 2 / 64)


def test_values_without_a_pair_raise_no_alarm() -> None:
    assert shuffled_alarm_share(values_of("p95_ms", [1.0], [None]), times=3) == AlarmShares(0, 0)
