"""What follows from the pairs: a ratio with its interval, a corrected p, and one word, for each metric and endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["faster", "slower", "equivalent", "inconclusive"]


@dataclass(frozen=True)
class Decision:
    """One metric of one endpoint (`statistics.ALL` for all). In `comparison.csv`.

    `a` and `b` are the geometric means over pairs; `ratio` is b / a with its 95% interval (of a metric that is judged
    by difference: b - a, and arithmetic means). `verdict` is about b: faster is better, whatever the metric.
    """

    profile: str
    endpoint: str
    metric: str
    pairs: int
    a: float | None
    b: float | None
    ratio: float | None
    low: float | None
    high: float | None
    sign_flip_p: float | None
    p: float | None
    holm_p: float | None
    verdict: Verdict
