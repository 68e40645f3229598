"""Ceilings and Little's law, with figures that one can check in the head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.comparison.bench import measured_per_s
from loadtests.comparison.predict import ceiling, cpu_ceiling
from loadtests.comparison.result import Prediction
from tests.harness.comparison.made_results import PEAK, measured


def test_slots_that_each_wait_for_a_tenth_of_a_second_give_ten_answers_a_second_each() -> None:
    assert ceiling(slots=8, latency_s=0.1) == pytest.approx(80)


def test_a_worker_gives_as_many_answers_as_their_cpu_time_fits_into_a_second() -> None:
    assert cpu_ceiling(cores=2, cpu_s_per_response=0.004) == pytest.approx(500)


@pytest.mark.parametrize(
    ("slots_per_s", "cpu_per_s", "users", "response_ms"),
    [
        pytest.param(1_600, 320, 32, 100, id="its CPU is the lower ceiling"),
        pytest.param(200, None, 32, 160, id="its slots are"),
        pytest.param(1_600, 320, 2, 10, id="there are too few users to wait for one another"),
        pytest.param(None, None, 32, None, id="no ceiling is known"),
    ],
)
def test_what_users_will_wait(
    slots_per_s: float | None, cpu_per_s: float | None, users: int, response_ms: float | None
) -> None:
    assert Prediction("a", "sync", 16, 10, slots_per_s, cpu_per_s, None).response_ms(users) == response_ms


def test_what_was_measured_at_the_peak_leaves_invalid_blocks_out() -> None:
    blocks = measured(pairs=2, profiles=(PEAK,)).result.blocks
    rates = {(1, "a"): 100.0, (2, "a"): 300.0, (1, "b"): 50.0, (2, "b"): 70.0}
    blocks = [replace(block, correct_answers_per_s=rates[block.pair, block.side]) for block in blocks]
    spoilt = [replace(one, invalid="late") if (one.pair, one.side) == (2, "a") else one for one in blocks]

    assert measured_per_s("a", blocks) == 200
    assert measured_per_s("a", spoilt) == 100
    assert measured_per_s("b", spoilt) == 60
    assert measured_per_s("a", [replace(one, invalid="late") for one in blocks]) is None
