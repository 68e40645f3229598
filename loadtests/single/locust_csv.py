"""Locust's four CSV files, with Locust's own columns, written from the recorded requests to the last of them.

Locust's own writer leaves out its last interval and rounds percentiles. Here rates are per second of the measured
window; percentiles are nearest-rank, and "N/A" when the sample is too small. In the history a request belongs to the
second in which it starts, and percentiles are of that second (as with Locust's --csv-full-history).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loadtests.load.plan import Finished, Window
from loadtests.statistics import percentile
from loadtests.tables import write_rows

_SHARES = (0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1)
_PERCENTILES = [f"{share * 100:.4g}%" for share in _SHARES]
_TOTALS = (
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
)

STATS = ["Type", "Name", "Request Count", "Failure Count", *_TOTALS, "Requests/s", "Failures/s", *_PERCENTILES]
HISTORY = [
    "Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s", *_PERCENTILES,
    "Total Request Count", "Total Failure Count", *(f"Total {name}" for name in _TOTALS),
]  # fmt: skip
FAILURES = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
EXCEPTIONS = ["Count", "Message", "Traceback", "Nodes"]

_AGGREGATED = "Aggregated"
_NONE = "N/A"

Users = Sequence[tuple[float, int]]
"""The moments, in seconds since the window's begin, and the number of users from then on."""


def write(folder: Path, requests: pa.Table, window: Window, users: Users, finished: Finished) -> None:
    """Write all four files of a run."""
    write_rows(folder / "locust_stats.csv", STATS, _stats(requests, window.duration_s))
    write_rows(folder / "locust_stats_history.csv", HISTORY, _history(requests, window, users))
    write_rows(folder / "locust_failures.csv", FAILURES, _failures(requests, window.begin_unix_s))
    write_rows(folder / "locust_exceptions.csv", EXCEPTIONS, _exceptions(finished))


def _stats(requests: pa.Table, duration_s: float) -> Iterator[list[Any]]:
    for (method, name), part in _by(requests, "method", "endpoint"):
        yield _stats_row(method, name, part, duration_s)
    yield _stats_row("", _AGGREGATED, requests, duration_s)


def _stats_row(method: str, name: str, part: pa.Table, duration_s: float) -> list[Any]:
    failures = _failure_count(part)
    rates = [part.num_rows / duration_s, failures / duration_s]
    return [method, name, part.num_rows, failures, *_totals(part), *rates, *_percentiles(part)]


def _history(requests: pa.Table, window: Window, users: Users) -> Iterator[list[Any]]:
    starts_s = requests["start_s"].to_numpy()
    edges_s = [*np.arange(0, window.duration_s), window.duration_s]
    ends = np.searchsorted(starts_s, edges_s)
    for (begin_s, end_s), (first, end) in zip(pairwise(edges_s), pairwise(ends), strict=True):
        second, so_far = requests.slice(first, end - first), requests.slice(0, end)
        length_s = end_s - begin_s
        rates = [second.num_rows / length_s, _failure_count(second) / length_s]
        totals = [so_far.num_rows, _failure_count(so_far), *_totals(so_far)]
        labels = [int(window.begin_unix_s + end_s), users_at(users, end_s), "", _AGGREGATED]
        yield [*labels, *rates, *_percentiles(second), *totals]


def users_at(users: Users, at_s: float) -> int:
    """The number of users at that moment."""
    return next((count for since_s, count in reversed(users) if since_s <= at_s), 0)


def _failures(requests: pa.Table, begin_unix_s: float) -> Iterator[list[Any]]:
    failed = requests.filter(pc.is_valid(requests["failure"]))
    for (method, name, error), part in _by(failed, "method", "endpoint", "failure"):
        seen = pc.min_max(part["start_s"]).as_py()
        first, last = (_timestamp(begin_unix_s + seen[end]) for end in ("min", "max"))
        yield [method, name, error, part.num_rows, first, last]


def _exceptions(finished: Finished) -> Iterator[list[Any]]:
    for raised in finished.exceptions:
        yield [raised["count"], raised["msg"], raised["traceback"], "local"]


def _by(requests: pa.Table, *columns: str) -> Iterable[tuple[tuple[str, ...], pa.Table]]:
    """The requests that have the same values in these columns, in the values' order."""
    keys = requests.group_by(list(columns)).aggregate([]).to_pylist()
    for key in sorted(tuple(row[column] for column in columns) for row in keys):
        alike = pa.scalar(True)
        for column, value in zip(columns, key, strict=True):
            alike = pc.and_(alike, pc.equal(requests[column], value))
        yield key, requests.filter(alike)


def _totals(part: pa.Table) -> list[Any]:
    """The columns of _TOTALS; zero without requests, as in Locust's files."""
    times_ms = part["service_time_ms"].to_numpy()
    if not len(times_ms):
        return [0] * len(_TOTALS)
    median_ms = np.quantile(times_ms, 0.5, method="inverted_cdf")
    return [median_ms, times_ms.mean(), times_ms.min(), times_ms.max(), pc.mean(part["bytes"]).as_py()]


def _percentiles(part: pa.Table) -> list[float | str]:
    times_ms = part["service_time_ms"].to_numpy()
    found = (percentile(times_ms, share) for share in _SHARES)
    return [_NONE if value is None else value for value in found]


def _failure_count(part: pa.Table) -> int:
    return int(part.num_rows - part["failure"].null_count)


def _timestamp(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
