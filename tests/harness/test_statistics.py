"""Percentiles by nearest rank, withheld where the sample is too small; summaries an endpoint and of all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.load.recorder import SCHEMA
from loadtests.statistics import Summary, percentile, shares, smallest_sample, summarise

SHARES = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.9, 90), (0.95, 95), (0.99, 99), (1, 100)])
def test_a_percentile_of_1_to_100_is_its_own_rank(share: float, expected: float) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


@pytest.mark.parametrize(("share", "size"), [*zip(SHARES, (2, 10, 20, 100, 1_000, 10_000), strict=True)])
def test_a_percentile_needs_a_sample_in_which_a_value_can_lie_beyond_it(share: float, size: int) -> None:
    assert smallest_sample(share) == size
    assert percentile([1.0] * (size - 1), share) is None
    assert percentile([1.0] * size, share) == 1.0


def test_nothing_has_no_maximum() -> None:
    assert percentile([], 1) is None


@given(st.lists(st.floats(0, 1e6), min_size=100, max_size=400), st.sampled_from(SHARES[:4]))
def test_a_percentile_is_the_smallest_value_that_enough_values_do_not_exceed(values: list[float], share: float) -> None:
    enough = [v for v in sorted(values) if sum(other <= v for other in values) >= share * len(values)]
    assert percentile(values, share) == enough[0]


def requests(*rows: tuple[str, float, str | None]) -> pa.Table:
    """Requests of 100 bytes each: endpoint, service time in ms, failure."""
    return pa.Table.from_pylist(
        [
            {"endpoint": endpoint, "method": "GET", "start_s": n / 10, "service_time_ms": time_ms, "status": 200}
            | {"bytes": 100, "es_ms": None, "app_ms": None, "failure": failure}
            for n, (endpoint, time_ms, failure) in enumerate(rows)
        ],
        schema=SCHEMA,
    )


def timed(*times: tuple[float, float]) -> pa.Table:
    """Requests by start, in s, and service time, in ms."""
    starts_s, times_ms = ([time[place] for time in times] for place in (0, 1))
    return pa.table({"start_s": pa.array(starts_s, pa.float64()), "service_time_ms": pa.array(times_ms, pa.float64())})


@pytest.mark.parametrize(
    ("start_s", "time_ms", "share"),
    [
        pytest.param(1.2, 300, 1, id="within"),
        pytest.param(0.9, 400, 0.75, id="begun before"),
        pytest.param(1.8, 800, 0.25, id="ended after"),
        pytest.param(0, 5_000, 0.2, id="longer than the window"),
        pytest.param(0.5, 500, 0, id="ended as it began"),
        pytest.param(2, 500, 0, id="begun as it ended"),
        pytest.param(0, 100, 0, id="long before"),
        pytest.param(1, 0, 1, id="no time, at the begin"),
        pytest.param(2, 0, 0, id="no time, at the end"),
    ],
)
def test_a_request_counts_by_the_share_of_its_time_in_the_window(start_s: float, time_ms: float, share: float) -> None:
    assert shares(timed((start_s, time_ms)), 1, 2) == pytest.approx([share])


@given(
    st.lists(st.tuples(st.floats(0, 10), st.just(0.0) | st.floats(0, 5_000)), max_size=30),
    st.lists(st.floats(0, 15), max_size=6),
)
def test_adjacent_windows_share_out_each_request_once(times: list[tuple[float, float]], cuts_s: list[float]) -> None:
    edges_s = [0.0, *sorted(cuts_s), 15.5]
    parts = [shares(timed(*times), begin_s, end_s) for begin_s, end_s in pairwise(edges_s)]
    assert sum(parts) == pytest.approx(np.ones(len(times)))


def test_failures_count_in_times_and_requests_but_not_as_correct_answers() -> None:
    recorded = requests(("get", 1, None), ("get", 5, "no ETag"), ("search", 3, None))
    unknown = dict.fromkeys(("p90_ms", "p95_ms", "p99_ms", "p99_9_ms"))
    assert summarise(recorded, duration_s=2, server_cpu_s=0.03, peak_rss_bytes=7) == [
        Summary("get", 2, 1, 1.0, 0.5, p50_ms=1, **unknown, max_ms=5, bytes=200),
        Summary("search", 1, 0, 0.5, 0.5, p50_ms=None, **unknown, max_ms=3, bytes=100),
        Summary(
            "all", 3, 1, 1.5, 1.0, p50_ms=3, **unknown, max_ms=5, bytes=300,
            cpu_ms_per_correct_answer=15.0, peak_rss_bytes=7,
        ),
    ]  # fmt: skip


def test_rates_count_shares_of_requests_and_all_else_the_requests_that_start_in_the_window() -> None:
    """Two users in step, for whom a response takes 400 ms: 5 responses a second, of which every second one is wrong."""
    waves = timed(*((number * 0.4 - 0.2, 400.0) for number in range(-1, 3) for _ in range(2)))
    failures = pa.array([None, "no JSON"] * 4, pa.string())
    columns = {"endpoint": ["get"] * 8, "bytes": [100] * 8}
    under_way = pa.table({name: waves[name] for name in waves.column_names} | columns | {"failure": failures})
    total = summarise(under_way, duration_s=0.9, server_cpu_s=0.02, peak_rss_bytes=7)[-1]
    assert (total.requests, total.failures, total.bytes, total.max_ms) == (4, 2, 400, 400)
    assert [total.requests_per_s, total.correct_answers_per_s] == pytest.approx([5, 2.5])


def test_without_a_correct_answer_there_is_no_cost_of_one() -> None:
    assert summarise(requests(("get", 1, "no JSON")), 1, 0.5, 7)[-1].cpu_ms_per_correct_answer is None
