"""Sessions at several hours pooled: a difference that holds beyond the hour in which it was measured.

An interval over the pairs of one session covers that session. What another hour would give has a spread of its own, so
the session, not the pair, is the unit: a random-effects meta-analysis, each session a study.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import brentq

from loadtests.comparison.verdict.paired import CONFIDENCE, t_test
from loadtests.statistics import Numbers

LEAST_TO_POOL = 3
"""Two sessions give a spread of one degree of freedom: Student's quantile is 12.7."""
LEAST_TO_PREDICT = 5
"""A prediction rests on the spread between sessions alone, which fewer hardly show."""


@dataclass(frozen=True)
class SessionEstimate:
    """The mean difference over a session's pairs, on the metric's scale, and its standard error s/√n."""

    mean: float
    error: float

    @classmethod
    def of(cls, differences: Numbers) -> SessionEstimate:
        """Of two pairs or more, all finite."""
        values = np.asarray(differences, dtype=np.float64)
        return cls(float(values.mean()), float(values.std(ddof=1)) / sqrt(values.size))


@dataclass(frozen=True)
class Pooled:
    """The mean difference over all sessions that might be, its interval, and the two-sided p that it is zero.

    `error` is its standard error, `between` the standard deviation of true differences between sessions: both on the
    metric's scale. `predicted` is the 95% interval in which the true difference of one more session lies, None of fewer
    than five sessions.
    """

    sessions: int
    mean: float
    low: float
    high: float
    p: float
    error: float
    between: float
    predicted: tuple[float, float] | None

    @property
    def degrees(self) -> int:
        """Of freedom, of Student's t."""
        return self.sessions - 1


def pool(sessions: Iterable[SessionEstimate], confidence: float = CONFIDENCE) -> Pooled:
    """Sessions pooled by random effects. Raises ValueError for fewer than three.

    Session i has the mean yᵢ and the variance vᵢ of its mean. With τ² the variance between sessions, its weight is
    wᵢ = 1/(vᵢ + τ²), and the estimate is μ = Σwᵢyᵢ / Σwᵢ. The interval is μ ± t·√(max(1, q)/Σwᵢ), where t is the
    quantile of (1 + `confidence`) / 2 with k - 1 degrees of freedom, and q = Σwᵢ(yᵢ - μ)²/(k - 1) (Hartung and Knapp, A
    Refined Method for the Meta-analysis of Controlled Clinical Trials with Binary Outcome, 2001; Sidik and Jonkman, A
    Simple Confidence Interval for Meta-analysis, 2002).

    τ² is Paule and Mandel's (Consensus Values and Weighting Factors, 1982): the one by which q is 1, or 0 where q is
    less than 1 without any. It assumes no distribution, and has less bias than DerSimonian and Laird's where sessions
    differ much (Veroniki et al., Methods to Estimate the Between-study Variance, 2016).

    Without the floor of 1, sessions that agree by chance would have an interval narrower than their own pairs allow, of
    three sessions often by far (Knapp and Hartung, Improved Tests for a Random Effects Meta-regression, 2003; Röver,
    Knapp and Friede, Hartung-Knapp-Sidik-Jonkman Approach and its Modification, 2015). As Paule and Mandel's τ² keeps q
    from being above 1, max(1, q) is 1, and the standard error is 1/√Σwᵢ.

    The prediction interval is μ ± t(0.975, k - 2)·√(τ² + 1/Σwᵢ) (Higgins, Thompson and Spiegelhalter, A Re-evaluation
    of Random-effects Meta-analysis, 2009).
    """
    estimates = [*sessions]
    count = len(estimates)
    if count < LEAST_TO_POOL:
        raise ValueError(f"{count} sessions can't be pooled: it takes {LEAST_TO_POOL}")
    means = np.array([one.mean for one in estimates])
    variances = _variances(estimates)
    between = _paule_mandel(means, variances)
    mean, error = _weighted(means, variances + between)
    half = error * _quantile(count - 1, confidence)
    return Pooled(
        sessions=count,
        mean=mean,
        low=mean - half,
        high=mean + half,
        p=t_test(mean, error, count - 1),
        error=error,
        between=sqrt(between),
        predicted=_predicted(mean, sqrt(between + error**2), count),
    )


def _variances(estimates: Sequence[SessionEstimate]) -> npt.NDArray[np.float64]:
    """Of the sessions' means. A session whose pairs are all alike does not tell its own: it gets the mean of those that
    do, instead of all the weight."""
    variances = np.array([one.error**2 for one in estimates])
    known = variances[variances > 0]
    return np.where(variances > 0, variances, known.mean() if known.size else 0.0)


def _paule_mandel(means: npt.NDArray[np.float64], variances: npt.NDArray[np.float64]) -> float:
    """The variance between sessions. It is at most the variance of the means, which it is where these have no error."""
    degrees, most = means.size - 1, float(means.var(ddof=1))
    if not variances.any():
        return most

    def excess(between: float) -> float:
        weights = 1 / (variances + between)
        return float(weights @ (means - weights @ means / weights.sum()) ** 2) - degrees

    if excess(0.0) <= 0:
        return 0.0
    return most if excess(most) >= 0 else float(brentq(excess, 0.0, most))  # by rounding, where errors are tiny


def _weighted(means: npt.NDArray[np.float64], variances: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The weighted mean and its standard error."""
    if not variances.any():
        return float(means.mean()), 0.0
    weights = 1 / variances
    return float(weights @ means / weights.sum()), 1 / sqrt(float(weights.sum()))


def _predicted(mean: float, spread: float, count: int) -> tuple[float, float] | None:
    if count < LEAST_TO_PREDICT:
        return None
    half = spread * _quantile(count - 2, CONFIDENCE)
    return mean - half, mean + half


def _quantile(degrees: int, confidence: float) -> float:
    return float(special.stdtrit(degrees, (1 + confidence) / 2))
