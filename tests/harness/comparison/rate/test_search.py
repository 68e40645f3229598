"""The rate search against made-up services: where it looks, when it stops, and that the truth lies where it says."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice, pairwise
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.comparison.rate.search import CLOSE_ENOUGH, MOST_STEPS, Outcome, Sustained, search

Service = Callable[[float], Outcome]


def found(peak_per_s: float, service: Service) -> tuple[Sustained, list[float]]:
    """What the search found, and the rates that it tried."""
    rates = []
    steps = search(peak_per_s)
    rate_per_s = next(steps)
    while True:
        rates.append(rate_per_s)
        try:
            rate_per_s = steps.send(service(rate_per_s))
        except StopIteration as end:
            return end.value, rates


def steady(capacity_per_s: float) -> Service:
    return lambda rate_per_s: Outcome.PASS if rate_per_s <= capacity_per_s else Outcome.FAIL


def noisy(capacity_per_s: float, spread: float, seed: int) -> Service:
    """Its capacity is another at each step, with a standard deviation of `spread`."""
    rng = random.Random(seed)
    return lambda rate_per_s: steady(capacity_per_s * exp(rng.gauss(0, spread)))(rate_per_s)


def limited(generator_per_s: float, service: Service) -> Service:
    return lambda rate_per_s: Outcome.GENERATOR_LIMITED if rate_per_s > generator_per_s else service(rate_per_s)


def scripted(*passes: bool) -> Service:
    outcomes = iter(passes)
    return lambda _: Outcome.PASS if next(outcomes) else Outcome.FAIL


def test_it_grows_by_half_then_halves_the_distance_and_confirms() -> None:
    sustained, rates = found(100, steady(41))
    grown, halved, confirmed = rates[:5], rates[5:9], rates[9:]
    assert grown == pytest.approx([10, 15, 22.5, 33.75, 50.625])
    assert [step / 33.75 for step in halved] == pytest.approx([1.5**share for share in (1 / 2, 1 / 4, 3 / 8, 7 / 16)])
    assert confirmed == [halved[3], halved[3], halved[3], halved[2]]
    assert sustained == Sustained(halved[3], halved[0], generator_limited=False, confirmed=True)


@given(st.floats(1.1, 1e4), st.floats(1, 1e3))
def test_without_noise_the_truth_lies_in_a_narrow_interval(capacity_per_s: float, peak_per_s: float) -> None:
    peak_per_s = min(peak_per_s, capacity_per_s * 60)
    sustained, rates = found(peak_per_s, steady(capacity_per_s))
    assert sustained.low_per_s is not None
    assert sustained.high_per_s is not None
    assert sustained.low_per_s <= capacity_per_s < sustained.high_per_s <= sustained.low_per_s * CLOSE_ENOUGH
    assert sustained.confirmed
    assert len(rates) <= MOST_STEPS


@given(st.integers(0, 10**9), st.floats(0.3, 3), st.floats(0, 0.03))
def test_with_noise_the_truth_is_not_far_from_the_interval(seed: int, share_of_peak: float, spread: float) -> None:
    sustained, _ = found(1_000, noisy(1_000 * share_of_peak, spread, seed))
    assert sustained.low_per_s is not None
    assert sustained.high_per_s is not None
    assert sustained.low_per_s < sustained.high_per_s
    assert sustained.high_per_s / (1_000 * share_of_peak) > exp(-5 * spread)
    assert sustained.low_per_s / (1_000 * share_of_peak) < exp(5 * spread)


@given(st.lists(st.sampled_from(Outcome), min_size=MOST_STEPS, max_size=MOST_STEPS))
def test_whatever_happens_it_ends_and_its_ends_are_in_order(outcomes: list[Outcome]) -> None:
    script = iter(outcomes)
    sustained, rates = found(100, lambda _: next(script))
    assert len(rates) <= MOST_STEPS
    assert min(rates) > 0
    if sustained.low_per_s is not None and sustained.high_per_s is not None:
        assert sustained.low_per_s < sustained.high_per_s


def test_a_winner_that_fails_when_tried_again_is_the_lowest_fail_from_then_on() -> None:
    first_try = [True] * 4 + [False] + [False, True, True, True]
    sustained, rates = found(100, scripted(*first_try, True, False, True, True, True, True, True))
    winner, below = rates[8], rates[7]
    assert rates[8:] == [winner] * 3 + [below] * 3 + [rates[6]]
    assert sustained == Sustained(below, winner, generator_limited=False, confirmed=True)


def test_a_lower_step_that_fails_when_tried_again_takes_the_winner_with_it() -> None:
    first_try = [True] * 4 + [False] + [False, True, True, True]
    sustained, rates = found(100, scripted(*first_try, True, True, True, False, *[True] * 9))
    assert rates[12] == sustained.high_per_s == rates[7]
    assert sustained.low_per_s is not None
    assert sustained.low_per_s < rates[7]


@pytest.mark.parametrize("capacity_per_s", [9.0, 1.5])
def test_a_service_that_fails_the_first_step_is_looked_for_below(capacity_per_s: float) -> None:
    sustained, rates = found(100, steady(capacity_per_s))
    assert rates[:2] == pytest.approx([10, 10 / 1.5])
    assert sustained.low_per_s == pytest.approx(capacity_per_s, rel=0.05)


def test_a_service_that_sustains_nothing() -> None:
    sustained, rates = found(100, steady(0))
    assert sustained == Sustained(None, rates[-1], generator_limited=False, confirmed=False)
    assert 1 <= rates[-1] < 1.5


def test_where_the_generator_ends_the_service_sustains_at_least_that() -> None:
    sustained, _ = found(100, limited(300, steady(1_000)))
    assert sustained.low_per_s == pytest.approx(300, rel=0.05)
    assert sustained == Sustained(sustained.low_per_s, None, generator_limited=True, confirmed=True)


def test_a_generator_that_can_do_more_than_the_service_is_no_limit() -> None:
    sustained, _ = found(100, limited(41, steady(40)))
    assert sustained.low_per_s == pytest.approx(40, rel=0.05)


def test_a_service_without_an_end_uses_up_the_steps() -> None:
    sustained, rates = found(100, steady(float("inf")))
    assert sustained == Sustained(rates[-1], None, generator_limited=False, confirmed=False)
    assert len(rates) == MOST_STEPS
    assert all(log(later / earlier) == pytest.approx(log(1.5)) for earlier, later in islice(pairwise(rates), 20))


@pytest.mark.parametrize(
    ("sustained", "text"),
    [
        (Sustained(402.3456, 420, False, True), "402.3 to 420/s"),
        (Sustained(402.3456, 420, False, False), "402.3 to 420/s, not confirmed"),
        (Sustained(300, None, True, True), "at least 300/s, generator-limited"),
        (Sustained(None, 1.2, False, False), "below 1.2/s"),
        (Sustained(None, None, True, False), "unknown, generator-limited"),
        (Sustained(300, None, False, True, True), "at least 300/s, disturbed by other work"),
    ],
)
def test_the_answer_in_words(sustained: Sustained, text: str) -> None:
    assert str(sustained) == text
