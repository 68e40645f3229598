"""When warm-up is over: two windows of it, one after the other, have figures that agree."""

from __future__ import annotations

from statistics import fmean

from loadtests.statistics import Numbers

MOST_DRIFT = 0.1
"""The share by which the means of two windows may differ; pyperf calibrates its warm-up with the same."""


def agree(window_a: Numbers, window_b: Numbers) -> bool:
    """Whether the windows' means differ by at most 10% of the later one. A window without figures agrees with none."""
    if not len(window_a) or not len(window_b):
        return False
    earlier, later = fmean(window_a), fmean(window_b)
    return abs(earlier - later) <= MOST_DRIFT * abs(later)
