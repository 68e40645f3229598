"""What follows from one difference a pair: its mean, an interval, two tests; and a correction for many tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import copysign, exp, inf, sqrt
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.stats import rankdata

from loadtests.statistics import Numbers

CONFIDENCE = 0.95
LEAST_FOR_INTERVAL = 3
"""Two values are no interval: Student's quantile with one degree of freedom is 12.7."""
LEAST_FOR_DIFFERENCE = 6
"""The fewest pairs of which a sign-flip test can have a p below 0.05: 2/2^6."""
POWER = 0.8
"""What is called detectable is found in 8 of 10 tries."""
_MOST_ENUMERATED = 16
"""Pairs of which all 2^n sign patterns are tried; of more, a sample of them."""
_SAMPLED_PATTERNS = 100_000
_ROUNDING = 1e-9
"""Sums that differ by less, relatively, are the same sum added up in another order."""

Name = TypeVar("Name")


Method = Literal["t", "rank", "sessions"]


@dataclass(frozen=True)
class Estimate:
    """The centre of the pairs' differences, its interval, and the p values of both tests that it is zero.

    By method `t` the centre is the mean. By `rank`, where some difference is infinite, it is the median, and both p
    values are those of the signed-rank test. By `sessions` it is what sessions pooled by random effects give (see
    `sessions.pool`), whose number is too small for a sign-flip test.
    """

    mean: float
    low: float
    high: float
    p: float
    sign_flip_p: float | None
    method: Method = "t"


def rank_estimate(differences: Numbers, confidence: float = CONFIDENCE) -> Estimate:
    """The median, the interval between two order statistics, and the signed-rank test; differences may be infinite.

    The interval goes from the k-th smallest to the k-th largest, with the largest k for which a binomial count of n and
    1/2 is below k with a probability of at most (1 - `confidence`) / 2: it inverts the sign test and assumes no
    distribution (Thompson, On Confidence Ranges for the Median, 1936). Too few values have none (of 95%, fewer than 6),
    so it is from -∞ to ∞. The test is exact, with mean ranks for ties, by which infinite differences are the largest
    and all alike (Wilcoxon, Individual Comparisons by Ranking Methods, 1945; zeros as in Pratt, Remarks on Zeros and
    Ties, 1959).
    """
    ordered = np.sort(np.asarray(differences, dtype=np.float64))
    k = _order_statistic(ordered.size, confidence)
    low, high = (float(ordered[k - 1]), float(ordered[-k])) if k else (-inf, inf)
    p = sign_flip(_signed_ranks(ordered))
    return Estimate(median(ordered), low, high, p, p, "rank")


def centre(differences: Numbers) -> float:
    """The mean, or the median where some difference is infinite."""
    values = np.asarray(differences, dtype=np.float64)
    return float(values.mean()) if np.isfinite(values).all() else median(values)


def median(values: Numbers) -> float:
    """The middle value, or the mean of the middle two: 0 where these are -∞ and ∞."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    low, high = float(ordered[(ordered.size - 1) // 2]), float(ordered[ordered.size // 2])
    return 0.0 if low == -high else low if low == high else (low + high) / 2


def _order_statistic(count: int, confidence: float) -> int:
    """The largest k of which P(binomial(count, 1/2) < k) is at most half of 1 - `confidence`; 0 where there is none."""
    tails = special.bdtr(np.arange(count), count, 0.5)
    return int(np.count_nonzero(tails <= (1 - confidence) / 2))


def _signed_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sign(values) * rankdata(np.abs(values)))


def p_above(differences: Numbers, limit: float) -> float:
    """The one-sided p of the hypothesis that the differences' centre is at most `limit`, by Student's t where all are
    finite, and else by the signed-rank test. Needs three differences or more.
    """
    values = np.asarray(differences, dtype=np.float64) - limit
    if np.isfinite(values).all():
        mean, error = float(values.mean()), float(values.std(ddof=1)) / sqrt(values.size)
        return _t_tail(mean, error, values.size - 1)
    ranks = _signed_ranks(values)
    sums = _signs(ranks.size) @ ranks
    as_far = int(np.count_nonzero(sums >= ranks.sum() - _ROUNDING * np.abs(ranks).sum()))
    drawn = int(ranks.size > _MOST_ENUMERATED)
    return (as_far + drawn) / (sums.size + drawn)


def detectable(differences: Numbers, alpha: float, floor: float = 0.0) -> float | None:
    """The smallest true difference that so many pairs with such a spread show in 8 of 10 tries; None for under 6 pairs.

    A difference δ makes Student's t noncentral, with n - 1 degrees of freedom and a noncentrality of δ/(s/√n); it is
    shown where t is above the quantile of 1 - `alpha`/2 (Johnson and Welch, Applications of the Non-central
    t-distribution, 1940). Besides, 8 of 10 means have to be above `floor`.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.size < LEAST_FOR_DIFFERENCE:
        return None
    return detectable_by(float(values.std(ddof=1)) / sqrt(values.size), values.size - 1, alpha, floor)


def detectable_by(error: float, degrees: int, alpha: float, floor: float = 0.0) -> float:
    """The same of an estimate with a standard error and so many degrees of freedom."""
    noncentrality = float(special.nctdtrinc(degrees, 1 - POWER, special.stdtrit(degrees, 1 - alpha / 2)))
    return max(noncentrality * error, floor + float(special.ndtri(POWER)) * error if floor else 0.0)


def estimate(differences: Numbers, confidence: float = CONFIDENCE) -> Estimate:
    """Student's paired t interval and test, beside the sign-flip test. Needs two differences or more.

    With mean m and standard deviation s of n differences: the interval is m ± t((1 + `confidence`) / 2, n - 1)·s/√n,
    and p is that of t = m / (s/√n) with n - 1 degrees of freedom, two-sided. Student, The Probable Error of a Mean
    (1908).
    """
    values = np.asarray(differences, dtype=np.float64)
    degrees = values.size - 1
    mean, error = float(values.mean()), float(values.std(ddof=1)) / sqrt(values.size)
    half_width = error * float(special.stdtrit(degrees, (1 + confidence) / 2))
    return Estimate(mean, mean - half_width, mean + half_width, t_test(mean, error, degrees), sign_flip(values))


def t_test(mean: float, error: float, degrees: int) -> float:
    """Two-sided."""
    return 2 * _t_tail(abs(mean), error, degrees)


def _t_tail(mean: float, error: float, degrees: int) -> float:
    """Differences that are all alike have no error: they are zero for sure, or for sure not."""
    t = mean / error if error else copysign(inf, mean) if mean else 0.0
    return float(special.stdtr(degrees, -t))


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


def simultaneous(comparisons: int) -> float:
    """The confidence of each of so many intervals for which all of them hold with 95%: 1 - 0.05 / `comparisons`.

    Bonferroni's inequality (Dunn, Multiple Comparisons Among Means, 1961) asks nothing of the differences. Dunnett's
    intervals (A Multiple Comparison Procedure for Comparing Several Treatments with a Control, 1955) are a little
    narrower, but need one variance for all contenders.
    """
    return 1 - (1 - CONFIDENCE) / comparisons


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
