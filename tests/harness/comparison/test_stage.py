"""Warm-up is over when two slices agree."""

from __future__ import annotations

import pytest

from loadtests.comparison.stage import is_steady


@pytest.mark.parametrize(
    ("means_ms", "expected"),
    [
        ([11.0, 11.0], True),
        ([11.0, 10.0], True),
        ([9.0, 10.0], True),
        ([11.1, 10.0], False),
        ([8.9, 10.0], False),
        ([50.0, 10.0, 10.0], True),
        ([10.0, 10.0, 50.0], False),
        ([0.0, 0.0], True),
        ([10.0], False),
        ([None, 10.0], False),
        ([10.0, None], False),
    ],
)
def test_means_agree_within_a_tenth_of_the_later_one(means_ms: list[float | None], expected: bool) -> None:
    assert is_steady(means_ms) is expected
