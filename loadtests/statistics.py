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


def under_way_s(requests: pa.Table, begin_s: float, end_s: float) -> npt.NDArray[np.float64]:
    """How long each request was under way between these moments, in seconds; of recorder.SCHEMA, in any order."""
    starts_s, ends_s = _starts_and_ends_s(requests)
    within_s: npt.NDArray[np.float64] = np.minimum(ends_s, end_s) - np.maximum(starts_s, begin_s)
    return within_s.clip(0)


def shares(requests: pa.Table, begin_s: float, end_s: float) -> npt.NDArray[np.float64]:
    """The share of each request's service time that lies between these moments; adjacent windows have 1 in all.

    A request that took no time counts whole where it starts in the window. The sum, divided by the window's length, is
    the throughput of closed load. Its expectation is the rate of requests wherever that rate is constant: one of
    length d, at all starts that are possible, is under way in a window of length w for w × d in all, and its share adds
    up to w whatever d is (Campbell's formula). Where n users are in step, and all responses take d, it is exact: they
    add n / d a second at every moment (Little's law), while the starts in a window are off by up to n.
    """
    starts_s, ends_s = _starts_and_ends_s(requests)
    takes_s = ends_s - starts_s
    at_once = ((starts_s >= begin_s) & (starts_s < end_s)).astype(np.float64)
    return np.divide(under_way_s(requests, begin_s, end_s), takes_s, out=at_once, where=takes_s > 0)


def _starts_and_ends_s(requests: pa.Table) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    starts_s = requests["start_s"].to_numpy()
    return starts_s, starts_s + requests["service_time_ms"].to_numpy() / 1000


def correct(requests: pa.Table) -> pa.Table:
    """Those without a failure."""
    return requests.filter(pc.is_null(requests["failure"]))


@dataclass(frozen=True)
class Summary:
    """One endpoint's figures, or those of all. Times are service times of all requests, failures included.

    Rates are per second of the measured window, and sum up `shares`; all else is of requests that start in it. A cell
    is None when the sample is too small, or when only the whole run has such a figure.
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


def started(requests: pa.Table) -> pa.Table:
    """Of requests under way in a window, with times since its begin, those that started in it."""
    return requests.filter(pc.greater_equal(requests["start_s"], 0.0))


def summarise(
    requests: pa.Table, duration_s: float, server_cpu_s: float | None, peak_rss_bytes: int | None
) -> list[Summary]:
    """A summary of each endpoint, by name, then the summary of all, which also has the server's cost.

    `requests` are those under way in the window, with times since its begin. Closed load.
    """
    endpoints = sorted(pc.unique(requests["endpoint"]).to_pylist())
    parts = [_summary(name, requests.filter(pc.equal(requests["endpoint"], name)), duration_s) for name in endpoints]
    answers = correct(started(requests)).num_rows
    cpu_ms = server_cpu_s * 1000 / answers if server_cpu_s is not None and answers else None
    return [
        *parts,
        _summary(ALL, requests, duration_s, cpu_ms_per_correct_answer=cpu_ms, peak_rss_bytes=peak_rss_bytes),
    ]


def _summary(endpoint: str, requests: pa.Table, duration_s: float, **cost: Any) -> Summary:
    counted = started(requests)
    times_ms = counted["service_time_ms"].to_numpy()
    return Summary(
        endpoint,
        counted.num_rows,
        counted.num_rows - correct(counted).num_rows,
        requests_per_s=float(shares(requests, 0, duration_s).sum()) / duration_s,
        correct_answers_per_s=float(shares(correct(requests), 0, duration_s).sum()) / duration_s,
        p50_ms=percentile(times_ms, 0.5),
        p90_ms=percentile(times_ms, 0.9),
        p95_ms=percentile(times_ms, 0.95),
        p99_ms=percentile(times_ms, 0.99),
        p99_9_ms=percentile(times_ms, 0.999),
        max_ms=percentile(times_ms, 1),
        bytes=pc.sum(counted["bytes"]).as_py() or 0,
        **cost,
    )
