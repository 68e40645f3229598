"""Looks at a comparison while it is played, and decisions at them that keep the chance of an error as it was stated.

Whoever tests at 5% after 6, 10, 16 and 24 pairs errs in more than 5% of comparisons. So the 5% are spent: each look may
use what a spending function allows up to its share of all pairs (Lan and DeMets, Discrete Sequential Boundaries for
Clinical Trials, 1983).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from loadtests.comparison.verdict.decisions import differences
from loadtests.comparison.verdict.metrics import Metric
from loadtests.comparison.verdict.paired import LEAST_FOR_DIFFERENCE, centre, p_above

LOOKS = (6, 10, 16, 24)
"""Pairs after which a gate looks. Its four looks let like code pass early, and the last has room for a wide spread."""
ALPHA = 0.05
"""One-sided, over all looks: the chance to pass what is worse than a margin, and the chance to call like code worse."""
_GRID_STEPS, _GRID_END = 1_200, 9.0

Found = Literal["pass", "regression", "open"]


@dataclass(frozen=True)
class Plan:
    """The looks that are planned, by numbers of pairs, and how many metrics are judged together."""

    looks: tuple[int, ...]
    family: int

    def levels(self) -> Iterator[tuple[int, float, float]]:
        """Each look, with its levels for passing and for a regression (see `levels`)."""
        shares = [look / self.looks[-1] for look in self.looks]
        yield from zip(self.looks, levels(shares), levels(shares, ALPHA / self.family), strict=True)


@dataclass(frozen=True)
class Standing:
    """What a look says of one metric: the estimate of how much worse b is, on the metric's scale (below zero: better),
    and what follows. `p_margin` is the one-sided p that b is worse by the margin or more, `p_worse` that it is not
    worse at all; each decides below its level."""

    pairs: int
    harm: float
    p_margin: float
    p_worse: float
    found: Found


def levels(shares: Sequence[float], alpha: float = ALPHA) -> tuple[float, ...]:
    """The p below which each look decides, so that all looks together err with a probability of `alpha`, one-sided.

    `shares` are of all planned pairs at each look, rising to 1. Of `alpha` each look may have spent as large a share:
    the linear member of the power family (Kim and DeMets, Design and Analysis of Group Sequential Tests Based on the
    Type I Error Spending Rate Function, 1987). It leaves more to early looks than O'Brien and Fleming's function, by
    which hardly a gate would end at the first. The levels follow from normal means
    by numerical integration (Armitage, McPherson and Rowe, Repeated Significance Tests on Accumulating Data, 1969) and
    are applied to p values of Student's t (Jennison and Turnbull, Group Sequential Methods, 2000, section 3.8).
    """
    return _levels(tuple(shares), alpha)


@lru_cache(maxsize=64)
def _levels(shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """`density` is that of the sum so far, a Brownian motion at the look's share, where no look before has decided."""
    grid = np.linspace(-_GRID_END, _GRID_END, _GRID_STEPS)
    step = grid[1] - grid[0]
    density = _normal(grid, shares[0])
    spent, found = 0.0, list[float]()
    for before, share in pairwise((0.0, *shares)):
        if before:
            density = _normal(grid[:, np.newaxis] - grid[np.newaxis, :], share - before) @ density * step
        to_spend = alpha * share - spent
        tails = np.cumsum((density * step)[::-1])[::-1]
        bound = float(np.interp(-to_spend, -tails, grid - step / 2))
        found.append(float(special.ndtr(-bound / np.sqrt(share))))
        density = np.where(grid < bound, density, 0.0)
        spent += to_spend
    return tuple(found)


def _normal(x: npt.NDArray[np.float64], variance: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.exp(-(x**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))


def stand(metric: Metric, pairs: Mapping[int, tuple[float, float]], played: int, margin: float, plan: Plan) -> Standing:
    """What the last look says of a metric, out of the figures of a and b by the number of the pair.

    A metric passes where it is excluded, at this look or an earlier one, that b is worse by the `margin` or more (in
    the metric's unit). It is a regression where b is shown to be worse than no change, corrected over looks and
    metrics, and its estimate is beyond half the margin: what is shown and smaller is no reason to stop a change. Fewer
    than six pairs leave it open.
    """
    standing = Standing(0, 0.0, 1.0, 1.0, "open")
    for look, pass_level, worse_level in plan.levels():
        ours = [figures for number, figures in sorted(pairs.items()) if number <= look]
        if look > played:
            break
        if len(ours) < LEAST_FOR_DIFFERENCE:
            continue
        harms = _harms(metric, ours)
        limit = metric.on_scale(margin)
        harm, p_worse = centre(harms), p_above(harms, 0.0)
        p_margin = p_above([-one for one in harms], -limit)
        found = standing.found
        if p_worse < worse_level and harm > limit / 2:
            found = "regression"
        elif p_margin < pass_level:
            found = "pass"
        standing = Standing(len(ours), harm, p_margin, p_worse, found)
    return standing


def _harms(metric: Metric, pairs: Iterable[tuple[float, float]]) -> list[float]:
    sign = -1 if metric.better == "higher" else 1
    return [sign * difference for difference in differences(metric, pairs)]
