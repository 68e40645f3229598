"""Requests that pile up are told from those that come and go."""

from __future__ import annotations

import random

import pytest

from loadtests.comparison.rate.trend import grows

RNG = random.Random(2)
STEADY = [20 + RNG.gauss(0, 5) for _ in range(40)]
RISING = [20 + n + RNG.gauss(0, 5) for n in range(40)]


@pytest.mark.parametrize(
    ("samples", "by_more_than", "expected"),
    [
        pytest.param(RISING, 10, True, id="rises"),
        pytest.param(RISING, 60, False, id="rises by less than matters"),
        pytest.param(RISING[::-1], 10, False, id="falls"),
        pytest.param(STEADY, 0, False, id="comes and goes"),
        pytest.param([*STEADY[:35], 500, 600, 700, 800, 900], 10, False, id="a burst at the end"),
        pytest.param([7] * 40, 0, False, id="all alike"),
        pytest.param([1, 2, 3, 4, 5], 3, True, id="five that rise are enough to be sure"),
        pytest.param([1, 2, 3, 4], 2, False, id="four are not"),
        pytest.param([], 0, False, id="none"),
    ],
)
def test_growth(samples: list[float], by_more_than: float, expected: bool) -> None:
    assert grows(samples, by_more_than) is expected
