"""Ceilings and Little's law, with figures that one can check in the head."""

from __future__ import annotations

import pytest

from loadtests.comparison.prediction import ceiling, cpu_ceiling, littles_law_error, requests_in_system


def test_slots_that_each_wait_for_a_tenth_of_a_second_give_ten_answers_a_second_each() -> None:
    assert ceiling(slots=8, latency_s=0.1) == pytest.approx(80)


def test_a_worker_gives_as_many_answers_as_their_cpu_time_fits_into_a_second() -> None:
    assert cpu_ceiling(workers=2, cpu_s_per_answer=0.004) == pytest.approx(500)


@pytest.mark.parametrize(("think_time_s", "expected"), [(0, 20), (0.9, 200)])
def test_littles_law(think_time_s: float, expected: float) -> None:
    assert requests_in_system(rate_per_s=200, response_time_s=0.1, think_time_s=think_time_s) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rate_per_s", "error"), [(200, 0), pytest.param(150, -0.25, id="the generator was busy"), (220, 0.1)]
)
def test_what_is_missing_from_littles_law(rate_per_s: float, error: float) -> None:
    assert littles_law_error(users=20, rate_per_s=rate_per_s, response_time_s=0.1) == pytest.approx(error)
