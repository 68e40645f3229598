"""How often simultaneous 95% intervals of contenders against a first one leave out the truth, simulated.

    python -m tests.benchmarks.simultaneous

20,000 comparisons of 10 pairs of contenders that do not differ. Dunnett's intervals have one error for all
contenders, the residual of pairs and contenders; the lab's have an error for each, and Bonferroni's correction. Nothing
is measured: the figures are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from loadtests.comparison.verdict.paired import CONFIDENCE, simultaneous
from tests.benchmarks import markdown

COMPARISONS, PAIRS = 20_000, 10
SPREAD = 0.04
"""Of the logarithm of a contender's figure within a pair."""
Drawn = npt.NDArray[np.float64]
"""Comparison × pair × contender."""


def main() -> None:
    header = ("contenders", "spreads", "Dunnett", "Bonferroni", "width, Bonferroni / Dunnett")
    markdown.show(header, (row for contenders in (2, 3, 5, 8) for row in _rows(contenders)))


def _rows(contenders: int) -> Iterator[tuple[object, ...]]:
    of_dunnett, of_bonferroni = _dunnett(contenders), _bonferroni(contenders)
    for name, last in (("alike", SPREAD), ("one three times the others'", 3 * SPREAD)):
        rng = np.random.default_rng(0)
        spreads = np.append(np.full(contenders - 1, SPREAD), last)
        logs = rng.normal(size=(COMPARISONS, PAIRS, contenders)) * spreads
        missed = (_missed(_of_one_error(logs), of_dunnett), _missed(_of_each(logs), of_bonferroni))
        yield contenders, name, *(f"{share:.1%}" for share in missed), of_bonferroni / of_dunnett


def _dunnett(contenders: int) -> float:
    """The quantile of the largest |t| of contenders that share a first one: its own spread correlates them by 1/2."""
    others, rng = contenders - 1, np.random.default_rng(1)
    degrees = others * (PAIRS - 1)
    normal = rng.normal(size=(200_000, contenders))
    differences = (normal[:, 1:] - normal[:, :1]) / sqrt(2)
    error = np.sqrt(rng.chisquare(degrees, len(normal)) / degrees)
    return float(np.quantile(np.abs(differences).max(axis=1) / error, CONFIDENCE))


def _bonferroni(contenders: int) -> float:
    return float(special.stdtrit(PAIRS - 1, (1 + simultaneous(contenders - 1)) / 2))


def _of_one_error(logs: Drawn) -> npt.NDArray[np.float64]:
    contenders = logs.shape[2]
    residuals = logs - logs.mean(axis=1, keepdims=True) - logs.mean(axis=2, keepdims=True)
    residuals += logs.mean(axis=(1, 2), keepdims=True)
    variance = (residuals**2).sum(axis=(1, 2)) / ((contenders - 1) * (PAIRS - 1))
    means = logs.mean(axis=1)
    return np.asarray((means[:, 1:] - means[:, :1]) / np.sqrt(2 * variance / PAIRS)[:, np.newaxis])


def _of_each(logs: Drawn) -> npt.NDArray[np.float64]:
    return np.asarray(stats.ttest_1samp(logs[:, :, 1:] - logs[:, :, :1], 0, axis=1).statistic)


def _missed(t: npt.NDArray[np.float64], most: float) -> float:
    """The share of comparisons of which any interval leaves out zero."""
    return float((np.abs(t).max(axis=1) > most).mean())


if __name__ == "__main__":
    main()
