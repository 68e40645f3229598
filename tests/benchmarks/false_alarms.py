"""How often three ways to compare call two alike contenders different, at a nominal 5%; no server is needed.

    python -m tests.benchmarks.false_alarms

Each of 2,000 made-up comparisons has 10 pairs of blocks of 500 requests. The machine drifts from pair to pair, each
process has a bias of its own, and a request's time depends on the one before it; the contenders do not differ in
anything. Environment variables: COMPARISONS (2,000), CONTENDERS (2; with more, only the lab's rule is tried: how often
it calls any of them different) and SEED (0).
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from scipy import signal, stats

from loadtests.comparison.figures import by_side
from loadtests.comparison.verdict.decisions import SIGNIFICANCE, decide
from loadtests.comparison.verdict.metrics import Value
from loadtests.statistics import ALL

PAIRS = 10
REQUESTS = 500
MACHINE_DRIFT = 0.18
PROCESS_BIAS = 0.03
REQUEST_SPREAD = 0.5
DEPENDENCE = 0.9
"""Correlation of a request's log time with that of the one before. The others are standard deviations of log times."""
RESAMPLES = 1_000

Logs = npt.NDArray[np.float64]
"""Logarithms of response times: pair × side × request."""


def made_up_logs(rng: np.random.Generator, contenders: int) -> Logs:
    machine = rng.normal(0, MACHINE_DRIFT, (PAIRS, 1, 1))
    process = rng.normal(0, PROCESS_BIAS, (PAIRS, contenders, 1))
    innovations = rng.normal(0, REQUEST_SPREAD * np.sqrt(1 - DEPENDENCE**2), (PAIRS, contenders, REQUESTS))
    requests: Logs = signal.lfilter([1], [1, -DEPENDENCE], innovations)
    return machine + process + requests


def pooled_mann_whitney(logs: Logs, _: np.random.Generator) -> bool:
    """All requests of a against all of b, as though each were on its own."""
    return bool(stats.mannwhitneyu(logs[:, 0].ravel(), logs[:, 1].ravel()).pvalue < SIGNIFICANCE)


def percentile_bootstrap(logs: Logs, rng: np.random.Generator) -> bool:
    """The mean log ratio of medians over resampled pairs: the middle 95% of it leaves out zero."""
    medians = np.median(logs, axis=2)
    ratios = medians[:, 1] - medians[:, 0]
    means = ratios[rng.integers(PAIRS, size=(RESAMPLES, PAIRS))].mean(axis=1)
    low, high = np.quantile(means, [SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2])
    return not low <= 0 <= high


def decision_rule(logs: Logs, _: np.random.Generator) -> bool:
    """The lab's own, on the blocks' medians."""
    medians_ms = np.exp(np.median(logs, axis=2))
    values = [
        Value("steady", pair, side, ALL, "p95_ms", float(medians_ms[pair, place]))
        for pair in range(PAIRS)
        for side, place in by_side(range(logs.shape[1])).items()
    ]
    return any(one.verdict in ("better", "worse") for one in decide(values))


WAYS: dict[str, Callable[[Logs, np.random.Generator], bool]] = {
    "Mann-Whitney on pooled requests": pooled_mann_whitney,
    "percentile bootstrap over pairs": percentile_bootstrap,
    "twinlab's rule": decision_rule,
}
OF_TWO = (pooled_mann_whitney, percentile_bootstrap)


def alarm_shares(comparisons: int, contenders: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    tried = {name: differs for name, differs in WAYS.items() if contenders == 2 or differs not in OF_TWO}
    alarms = dict.fromkeys(tried, 0)
    for _ in range(comparisons):
        logs = made_up_logs(rng, contenders)
        for name, differs in tried.items():
            alarms[name] += differs(logs, rng)
    return {name: count / comparisons for name, count in alarms.items()}


if __name__ == "__main__":
    comparisons, contenders = int(os.environ.get("COMPARISONS", "2000")), int(os.environ.get("CONTENDERS", "2"))
    title = f"{comparisons:,} comparisons of {contenders} alike contenders"
    table = Table("way to compare", "false alarms", title=title)
    for way, share in alarm_shares(comparisons, contenders, int(os.environ.get("SEED", "0"))).items():
        table.add_row(way, f"{share:.1%}")
    Console().print(table)
