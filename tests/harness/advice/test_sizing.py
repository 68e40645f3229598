"""How many workers and slots are found, and what refuses to be sized."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import pytest

from loadtests.advice.queueing import Kind
from loadtests.advice.sizing import LEAST_REQUESTS, MOST_USED_SHARE, Service, sized, time_limits, workers_needed
from loadtests.comparison.rate.slo import Objective, TimeLimit
from loadtests.errors import LabError

SYNC = Service(cpu_ms=3.0, latency_ms=20.0, kinds=(Kind(1, 1),), slots="threads")
ASYNC = replace(SYNC, cpu_ms=2.0, slots="pool")


def keeping(text: str) -> Objective:
    return Objective(time_limits(text))


@pytest.mark.parametrize(("service", "rate_per_s"), [(SYNC, 5.0), (ASYNC, 1_000.0), (SYNC, 1e7)])
def test_a_weak_objective_leaves_it_to_the_cpu(service: Service, rate_per_s: float) -> None:
    size = sized(service, rate_per_s, keeping("p99<10s"))
    assert size.workers == ceil(rate_per_s * service.cpu_ms / 1000 / MOST_USED_SHARE)
    assert size.outcome.core_share <= MOST_USED_SHARE * 1.01


@pytest.mark.parametrize("usual", [SYNC, ASYNC])
def test_one_worker_less_breaks_a_strict_objective(usual: Service) -> None:
    service = replace(usual, latency_ms=5.0)
    size = sized(service, 1_000, keeping("p99<30ms"))
    assert size.workers > service.least_workers(1_000)
    assert p99_ms(service, size.workers - 1, 1_000) >= 30 > p99_ms(service, size.workers, 1_000)


def p99_ms(service: Service, workers: int, rate_per_s: float) -> float:
    return float(np.quantile(service.asked(rate_per_s / workers, 1_000, LEAST_REQUESTS).response_times_ms, 0.99))


def test_slots_are_the_fewest_that_keep_the_objective_and_are_not_used_up() -> None:
    size = sized(SYNC, 1_000, keeping("p99<200ms"))
    fewer = SYNC.asked(1_000 / size.workers, size.slots - 1, LEAST_REQUESTS)
    assert size.outcome.slots_share <= MOST_USED_SHARE
    assert fewer.slots_share > MOST_USED_SHARE or np.quantile(fewer.response_times_ms, 0.99) >= 200


def test_threads_are_held_during_cpu_and_connections_are_not() -> None:
    assert (SYNC.held_ms, ASYNC.held_ms) == (23.0, 20.0)


def test_a_long_wait_needs_more_workers_where_one_cannot_have_the_slots() -> None:
    """1,000 threads, 70% used, hold 700 requests of a minute each: 11.7 requests a second."""
    waiting = replace(SYNC, latency_ms=60_000)
    assert waiting.least_workers(100) == ceil(100 * 60.003 / 700)


def test_more_cpu_a_request_needs_more_workers() -> None:
    needed = [workers_needed(replace(SYNC, cpu_ms=cpu_ms), 500, keeping("p99<200ms")) for cpu_ms in (2.0, 3.0, 4.0)]
    assert needed == sorted(needed)
    assert needed[0] < needed[-1]


def test_what_no_number_of_workers_keeps_is_refused() -> None:
    with pytest.raises(LabError, match=r"p99 was \S+ ms, the objective is below 50 ms: no number of workers .*SLO="):
        sized(SYNC, 10, keeping("p50<40ms,p99<50ms"))


def test_percentiles_can_be_judged() -> None:
    assert time_limits("p50<20ms, p99.9<1s") == (TimeLimit("p50", 20), TimeLimit("p99.9", 1000))


@pytest.mark.parametrize("text", ["errors<1%", "p99<200ms,errors<1%", "max<2s"])
def test_errors_and_the_longest_time_cannot_be_judged(text: str) -> None:
    with pytest.raises(LabError, match=f"SLO={text}: errors are not simulated"):
        time_limits(text)


@pytest.mark.parametrize(
    ("truth", "slots"),
    [
        (SYNC, 16),
        *(
            pytest.param(*one, marks=pytest.mark.robustness)
            for one in ((ASYNC, 100), (replace(SYNC, latency_ms=6.0), 4))
        ),
    ],
)
def test_the_truth_is_found_in_times_that_hold_the_workers_own_queueing(truth: Service, slots: int) -> None:
    """Costs are told at half of the load that a core can take, and p99 is then simulated at seven tenths of it."""
    told_per_s, planned_per_s = 500 / truth.cpu_ms, 700 / truth.cpu_ms
    told_ms = truth.asked(told_per_s, slots, 20_000).told_wait_ms
    found = replace(truth, latency_ms=told_ms).told(told_ms, told_per_s, slots)
    assert told_ms > 1.04 * truth.latency_ms
    assert found.latency_ms == pytest.approx(truth.latency_ms, rel=0.05)
    true_ms, found_ms = (
        np.quantile(one.asked(planned_per_s, 1_000, 10_000).response_times_ms, 0.99) for one in (truth, found)
    )
    assert found_ms == pytest.approx(true_ms, rel=0.2)


def test_a_time_that_the_workers_queueing_alone_exceeds_is_refused() -> None:
    with pytest.raises(LabError, match=r"the time in Elasticsearch was 1 ms, .* give LATENCY_MS="):
        SYNC.told(1.0, 300, 100)
