"""Figures of recorded requests: percentiles that need a large enough sample, and a summary of each endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

ALL = "all"
"""The row that summarises every endpoint."""

Numbers = Sequence[float] | npt.NDArray[np.float64]


def percentile(values: Numbers, share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that at least `share` of all values do not exceed.

    Definition 1 of Hyndman and Fan, Sample Quantiles in Statistical Packages (1996). None where the sample is smaller
    than 1 / (1 - share): p99 needs 100 values, p99.9 1,000.
    """
    if len(values) < smallest_sample(share):
        return None
    return float(np.quantile(values, share, method="inverted_cdf"))


def smallest_sample(share: float) -> int:
    """The number of values that a percentile needs, so that one of them can lie beyond it (the maximum needs one)."""
    return 1 if share == 1 else int(1 / (1 - Fraction(str(share))))


@dataclass(frozen=True)
class Summary:
    """One endpoint's figures, or those of all. Times are service times of all requests, failures included.

    Rates are per second of the measured window. A cell is None when the sample is too small, or when only the whole run
    has such a figure.
    """

    endpoint: str
    requests: int
    failures: int
    requests_per_s: float
    correct_answers_per_s: float
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    p99_9_ms: float | None
    max_ms: float | None
    bytes: int
    cpu_ms_per_correct_answer: float | None = None
    peak_rss_bytes: int | None = None


def summarise(
    requests: pa.Table, duration_s: float, server_cpu_s: float | None, peak_rss_bytes: int | None
) -> list[Summary]:
    """A summary of each endpoint, by name, then the summary of all, which also has the server's cost."""
    endpoints = sorted(pc.unique(requests["endpoint"]).to_pylist())
    parts = [_summary(name, requests.filter(pc.equal(requests["endpoint"], name)), duration_s) for name in endpoints]
    correct = requests["failure"].null_count
    cpu_ms = server_cpu_s * 1000 / correct if server_cpu_s is not None and correct else None
    return [
        *parts,
        _summary(ALL, requests, duration_s, cpu_ms_per_correct_answer=cpu_ms, peak_rss_bytes=peak_rss_bytes),
    ]


def _summary(endpoint: str, requests: pa.Table, duration_s: float, **cost: Any) -> Summary:
    times_ms = requests["service_time_ms"].to_numpy()
    correct = requests["failure"].null_count
    return Summary(
        endpoint,
        requests.num_rows,
        requests.num_rows - correct,
        requests_per_s=requests.num_rows / duration_s,
        correct_answers_per_s=correct / duration_s,
        p50_ms=percentile(times_ms, 0.5),
        p90_ms=percentile(times_ms, 0.9),
        p95_ms=percentile(times_ms, 0.95),
        p99_ms=percentile(times_ms, 0.99),
        p99_9_ms=percentile(times_ms, 0.999),
        max_ms=percentile(times_ms, 1),
        bytes=pc.sum(requests["bytes"]).as_py() or 0,
        **cost,
    )
