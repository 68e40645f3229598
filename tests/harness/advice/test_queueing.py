"""The simulation, held to what theory says of the queues that theory knows.

Theory is of infinite time. A sample's mean misses it by chance: by about its standard error, taken from the means of
batches, since what follows one another is not independent (Law, Simulation Modeling and Analysis, section 9.5.3).
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial, log, sqrt

import numpy as np
import pytest

from loadtests.advice.queueing import Array, Kind, Outcome, Request, Worker, simulate
from loadtests.errors import LabError
from loadtests.load.arrivals import poisson_arrivals_s
from loadtests.statistics import percentile

REQUESTS = 30_000
BATCHES = 30
MOST_STANDARD_ERRORS = 3.0


def simulated(request: Request, rate_per_s: float, worker: Worker | None = None, requests: int = REQUESTS) -> Outcome:
    arrivals_s = poisson_arrivals_s([(rate_per_s, requests / rate_per_s)], "theory")
    return simulate(request, worker or Worker(), arrivals_s)


def standard_errors_off(times_ms: Array, expected_ms: float) -> float:
    means = np.array([batch.mean() for batch in np.array_split(times_ms, BATCHES)])
    return float(abs(means.mean() - expected_ms) / (means.std(ddof=1) / sqrt(BATCHES)))


def erlang_c(servers: int, offered: float) -> float:
    """The share of arrivals that have to wait. Erlang (1917); Kleinrock, Queueing Systems I (1975), chapter 3."""
    waiting = offered**servers / factorial(servers) * servers / (servers - offered)
    return waiting / (sum(offered**busy / factorial(busy) for busy in range(servers)) + waiting)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_one_core_alone_is_the_queue_m_m_1(share: float) -> None:
    """Its response times are exponential, with the mean s / (1 - ρ): Kleinrock (1975), chapter 5."""
    outcome, mean_ms = simulated(Request((10.0,)), 100 * share), 10 / (1 - share)
    assert standard_errors_off(outcome.response_times_ms, mean_ms) < MOST_STANDARD_ERRORS
    beyond = (outcome.response_times_ms > mean_ms * log(100)).astype(np.float64)
    assert standard_errors_off(beyond, 0.01) < MOST_STANDARD_ERRORS


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_fixed_bursts_make_it_m_d_1(share: float) -> None:
    """Pollaczek and Khinchine's mean wait, ρ·s / (2·(1 - ρ)): Kleinrock (1975), chapter 5."""
    outcome = simulated(Request((10.0,), variation=0), 100 * share)
    expected_ms = 10 + share * 10 / (2 * (1 - share))
    assert standard_errors_off(outcome.response_times_ms, expected_ms) < MOST_STANDARD_ERRORS


@pytest.mark.parametrize("kind", ["threads", "pool"])
@pytest.mark.parametrize(("slots", "share"), [(1, 0.5), (4, 0.8), (16, 0.9)])
def test_slots_without_cpu_are_the_queue_m_m_c(kind: str, slots: int, share: float) -> None:
    """The mean wait is C(c, a)·s / (c - a), with a = λ·s servers' worth of work: Kleinrock (1975), chapter 3."""
    outcome = simulated(Request((0.0, 0.0), (20.0,)), slots * share * 50, Worker(**{kind: slots}))
    expected_ms = 20 + erlang_c(slots, slots * share) * 20 / (slots - slots * share)
    assert standard_errors_off(outcome.response_times_ms, expected_ms) < MOST_STANDARD_ERRORS


def test_kinds_of_requests_wait_differently() -> None:
    """The mean wait for the one connection is λ·E[S²] / (2·(1 - ρ)): Pollaczek and Khinchine's, in general."""
    request = Request((0.0, 0.0), (10.0,), kinds=(Kind(3, 0.5), Kind(1, 2.5)))
    outcome = simulated(request, 50, Worker(pool=1))
    square_ms2 = 0.75 * 2 * 5**2 + 0.25 * 2 * 25**2
    expected_ms = 10 + 0.05 * square_ms2 / (2 * (1 - 0.5))
    assert standard_errors_off(outcome.response_times_ms, expected_ms) < MOST_STANDARD_ERRORS


@pytest.mark.parametrize("rate_per_s", [50.0, 200.0])
def test_a_core_that_is_used_twice_is_a_network_of_queues(rate_per_s: float) -> None:
    """Each visit takes s / (1 - ρ), as if it were alone: Jackson, Networks of Waiting Lines (1957)."""
    outcome = simulated(Request((2.0, 2.0), (30.0,)), rate_per_s)
    expected_ms = 2 * 2 / (1 - rate_per_s * 0.004) + 30
    assert standard_errors_off(outcome.response_times_ms, expected_ms) < MOST_STANDARD_ERRORS


@pytest.mark.parametrize("worker", [Worker(), Worker(threads=6), Worker(pool=5)])
def test_littles_law_holds(worker: Worker) -> None:
    """The number in the worker, looked at again and again, is on average rate x time (Little, 1961)."""
    outcome = simulated(Request((2.0, 2.0), (20.0,)), 150, worker)
    begin_s, end_s = outcome.arrivals_s[[0, -1]]
    moments_s = np.random.default_rng(1).uniform(begin_s, end_s, 200_000)
    leaving_s = np.sort(outcome.arrivals_s + outcome.response_times_ms / 1000)
    come, gone = (np.searchsorted(times_s, moments_s) for times_s in (outcome.arrivals_s, leaving_s))
    rate_per_s = len(outcome.arrivals_s) / (end_s - begin_s)
    assert (come - gone).mean() == pytest.approx(rate_per_s * outcome.response_times_ms.mean() / 1000, rel=0.01)


def test_what_is_used_is_what_is_asked_for() -> None:
    """The utilisation law, U = X·S (Denning and Buzen, 1978); a thread is held while its request queues, too."""
    request, fixed = Request((2.0, 2.0), (20.0,), variation=0), 100 * 0.02
    of_pool, of_threads = (simulated(request, 100, worker) for worker in (Worker(pool=8), Worker(threads=8)))
    assert of_pool.core_share == pytest.approx(0.4, rel=0.01)
    assert of_pool.slots_share == pytest.approx(fixed / 8, rel=0.01)
    assert of_threads.slots_share > (fixed + 0.4) / 8


def test_without_variation_nothing_but_the_arrivals_differs() -> None:
    outcome = simulate(Request((1.0, 3.0), (20.0,), variation=0), Worker(threads=1), np.arange(1.0, 100.0))
    assert outcome.response_times_ms == pytest.approx(np.full(90, 24.0))


def test_who_finds_all_threads_held_waits_for_the_first_that_ends() -> None:
    request = Request((0.0, 10.0), (100.0,), variation=0)
    times_ms = simulate(request, Worker(threads=2), [0.0, 0.05, 0.06, 0.07]).response_times_ms
    assert times_ms == pytest.approx([110.0, 110.0, 160.0, 200.0])


def test_without_a_limit_only_the_core_is_shared() -> None:
    times_ms = simulate(Request((0.0, 10.0), (100.0,), variation=0), Worker(), [0.0, 0.0, 0.0]).response_times_ms
    assert times_ms == pytest.approx([110.0, 120.0, 130.0])


@pytest.mark.robustness
def test_more_workers_are_never_slower() -> None:
    """Each of n is asked by the n-th part of the arrivals."""
    p99s_ms = [p99_ms(simulated(Request((2.0, 2.0), (20.0,)), 800 / workers)) for workers in range(4, 9)]
    assert p99s_ms == sorted(p99s_ms, reverse=True)


@pytest.mark.robustness
def test_more_threads_are_faster_while_they_are_the_limit() -> None:
    p99s_ms = [p99_ms(simulated(Request((2.0, 2.0), (20.0,)), 150, Worker(threads=size))) for size in (4, 5, 6, 8)]
    assert p99s_ms == sorted(p99s_ms, reverse=True)


def p99_ms(outcome: Outcome) -> float:
    found = percentile(outcome.response_times_ms, 0.99)
    assert found is not None
    return found


def test_the_same_seed_gives_the_same_fate() -> None:
    one, again, other = (simulate(Request((5.0,)), Worker(), np.arange(200) / 150, seed) for seed in (1, 1, 2))
    assert one.response_times_ms.tolist() == again.response_times_ms.tolist()
    assert one.response_times_ms.tolist() != other.response_times_ms.tolist()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (lambda: Request((1.0,), (1.0,)), r"waits_ms=\(1.0,\): give one between each two of 1 bursts"),
        (lambda: Request((-1.0,)), r"bursts_ms=\(-1.0,\): give numbers from 0 on"),
        (lambda: Request((1.0, 1.0), (float("nan"),)), r"waits_ms=\(nan,\): "),
        (lambda: Request((1.0,), variation=float("inf")), "variation=inf: "),
        (lambda: Request((1.0,), kinds=(Kind(-1, 1),)), "kinds="),
        (lambda: Worker(threads=0), "threads=0: a worker needs at least one"),
        (lambda: Worker(pool=-1), "pool=-1: "),
        (lambda: simulate(Request((1.0,)), Worker(), []), "nothing arrives"),
    ],
)
def test_what_cant_be_is_refused_by_its_name(bad: Callable[[], object], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        bad()
