"""What follows from one difference a pair: its mean, an interval, two tests; and a correction for many tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import exp, inf, sqrt
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import special

from loadtests.statistics import Numbers

CONFIDENCE = 0.95
_MOST_ENUMERATED = 16
"""Pairs of which all 2^n sign patterns are tried; of more, a sample of them."""
_SAMPLED_PATTERNS = 100_000
_ROUNDING = 1e-9
"""Sums that differ by less, relatively, are the same sum added up in another order."""

Name = TypeVar("Name")


@dataclass(frozen=True)
class Estimate:
    """The mean of the pairs' differences, its 95% interval, and the p values of both tests that it is zero."""

    mean: float
    low: float
    high: float
    p: float
    sign_flip_p: float


def estimate(differences: Numbers) -> Estimate:
    """Student's paired t interval and test, beside the sign-flip test. Needs two differences or more.

    With mean m and standard deviation s of n differences: the interval is m ± t(0.975, n - 1)·s/√n, and p is that of
    t = m / (s/√n) with n - 1 degrees of freedom, two-sided. Student, The Probable Error of a Mean (1908).
    """
    values = np.asarray(differences, dtype=np.float64)
    degrees = values.size - 1
    mean, error = float(values.mean()), float(values.std(ddof=1)) / sqrt(values.size)
    half_width = error * float(special.stdtrit(degrees, (1 + CONFIDENCE) / 2))
    return Estimate(mean, mean - half_width, mean + half_width, _t_test(mean, error, degrees), sign_flip(values))


def _t_test(mean: float, error: float, degrees: int) -> float:
    """Differences that are all alike have no error: they are zero for sure, or for sure not."""
    t = abs(mean) / error if error else inf if mean else 0.0
    return float(2 * special.stdtr(degrees, -t))


def sign_flip(differences: npt.NDArray[np.float64]) -> float:
    """The two-sided p of Fisher's randomisation test: had the labels a and b been swapped in any of the pairs.

    The share of all 2^n patterns of signs in which the sum is at least as far from zero as the observed one; exact, and
    without an assumption on the distribution. Fisher, The Design of Experiments (1935), section 21. Of more than 16
    pairs 100,000 patterns are drawn, with a fixed seed, and the observed one is counted in: (k + 1) / (100,000 + 1), as
    Phipson and Smyth advise, Permutation P-values Should Never Be Zero (2010).
    """
    sums = np.abs(_signs(differences.size) @ differences)
    as_far = int(np.count_nonzero(sums >= abs(differences.sum()) * (1 - _ROUNDING)))
    if differences.size <= _MOST_ENUMERATED:
        return as_far / sums.size
    return (as_far + 1) / (sums.size + 1)


@lru_cache(maxsize=4)
def _signs(pairs: int) -> npt.NDArray[np.int8]:
    """A row of signs, 1 or -1, for each pattern: all there are, or a sample."""
    if pairs <= _MOST_ENUMERATED:
        bits = np.arange(2**pairs)[:, np.newaxis] >> np.arange(pairs) & 1
    else:
        bits = np.random.default_rng(seed=0).integers(2, size=(_SAMPLED_PATTERNS, pairs), dtype=np.int8)
    return (1 - 2 * bits).astype(np.int8)


def holm(p_values: Mapping[Name, float]) -> dict[Name, float]:
    """The p values of one family of tests, corrected so that with 95% confidence none below 0.05 is a false alarm.

    The i-th smallest of m is multiplied by m - i + 1, and is never below the one before it nor above 1. Holm, A Simple
    Sequentially Rejective Multiple Test Procedure (1979).
    """
    ordered = sorted(p_values, key=lambda name: p_values[name])
    raised = (min(1.0, p_values[name] * (len(ordered) - rank)) for rank, name in enumerate(ordered))
    return dict(zip(ordered, accumulate(raised, max), strict=True))


def ratio_with_interval(logs: Numbers) -> tuple[float, float, float]:
    """The geometric mean of the pairs' ratios and its 95% interval, from their logarithms (two or more)."""
    of_logs = estimate(logs)
    return exp(of_logs.mean), exp(of_logs.low), exp(of_logs.high)
