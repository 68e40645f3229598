"""A test whether requests pile up: the sign of a rate that a service can't sustain, before its response times show
it."""

from __future__ import annotations

import numpy as np
from scipy import stats

from loadtests.statistics import Numbers

SIGNIFICANCE = 0.01


def grows(samples: Numbers, by_more_than: float) -> bool:
    """Whether samples taken at equal intervals rise significantly, and by more than `by_more_than` from first to last.

    Significantly: Kendall's tau between value and time, one-sided, has p below 0.01 (Mann, Nonparametric Tests against
    Trend, 1945; Kendall, Rank Correlation Methods, 1948). The rise is the slope of Theil and Sen, the median of the
    slopes between all pairs of samples (Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, 1968). A
    few outliers move neither. Samples that are all equal do not rise.
    """
    if len(samples) < 2 or np.ptp(samples) == 0:
        return False
    times = np.arange(len(samples))
    rise = stats.theilslopes(samples, times).slope * times[-1]
    return bool(stats.kendalltau(times, samples, alternative="greater").pvalue < SIGNIFICANCE and rise > by_more_than)
