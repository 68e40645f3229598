"""Warm-up is over when two windows agree."""

from __future__ import annotations

import pytest

from loadtests.comparison.steadiness import agree


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ([10.0, 12.0], [11.0, 11.0], True),
        ([11.0], [10.0], True),
        ([9.0], [10.0], True),
        ([11.1], [10.0], False),
        ([8.9], [10.0], False),
        ([0.0], [0.0], True),
        ([], [10.0], False),
        ([10.0], [], False),
    ],
)
def test_means_agree_within_a_tenth_of_the_later_one(earlier: list[float], later: list[float], expected: bool) -> None:
    assert agree(earlier, later) is expected
