"""The figures of a round, by hand."""

from __future__ import annotations

from math import inf

import pytest

from claims.claim import Arrangement, Reading, Round, Share
from claims.figures import (
    extra_kib_in_flight,
    growth,
    p99_ms,
    ratio,
    share_of_ceiling,
    share_of_computed_ratio,
    throughput,
    uss_bytes,
)
from loadtests.contenders import named
from loadtests.errors import InvalidRunError
from loadtests.load.profiles import Profile
from tests.claims.support import ARRANGEMENT, reading

KIB = 1024


def of(**arrangements: tuple[Reading, Reading]) -> Round:
    return {name: {"a": a, "b": b} for name, (a, b) in arrangements.items()}


NEAR_AND_FAR = of(near=(reading(100), reading(110)), far=(reading(20), reading(88)))


def test_a_ratio_is_b_to_a() -> None:
    assert ratio(throughput, "near")(NEAR_AND_FAR) == pytest.approx(1.1)


def test_a_ratio_needs_both_sides() -> None:
    played = of(near=(reading(p99_ms=50), reading(p99_ms=None)))
    assert ratio(p99_ms, "near")(played) is None


def test_growth_is_the_ratio_of_two_ratios() -> None:
    assert growth(throughput, "near", "far")(NEAR_AND_FAR) == pytest.approx(4.0)


def test_a_ceiling_is_slots_by_latency() -> None:
    """8 slots that are taken for 100 ms each let 80 requests a second pass."""
    assert share_of_ceiling("near", "b", 8, 100)(of(near=(reading(1), reading(72)))) == pytest.approx(0.9)


def test_memory_counts_from_what_a_process_needs_anyway() -> None:
    """10 further requests take 1,000 KiB in a, and 400 in b."""
    few = reading(in_flight=5.0, uss_bytes=50_000 * KIB), reading(in_flight=5.0, uss_bytes=60_000 * KIB)
    many = reading(in_flight=15.0, uss_bytes=51_000 * KIB), reading(in_flight=15.0, uss_bytes=60_400 * KIB)
    assert extra_kib_in_flight(uss_bytes, "few", "many")(of(few=few, many=many)) == pytest.approx(60.0)


def test_memory_that_nobody_saw_has_no_figure() -> None:
    few, many = reading(in_flight=5.0), reading(in_flight=15.0)
    assert extra_kib_in_flight(uss_bytes, "few", "many")(of(few=(few, few), many=(many, many))) is None


def test_each_side_gets_a_share_of_its_own_throughput() -> None:
    assert Share("near", 0.8).per_s(NEAR_AND_FAR) == pytest.approx({"a": 80.0, "b": 88.0})


def test_no_rate_follows_from_a_side_without_a_correct_response() -> None:
    with pytest.raises(InvalidRunError, match="b gave no correct response in near: no rate of arrivals follows"):
        Share("near", 0.8).per_s(of(near=(reading(100), reading(0))))


def test_arrivals_come_at_each_sides_rate_for_a_whole_slice() -> None:
    arrivals = Profile("", "open", slice_s=5.0, slices=2)
    assert arrivals.at_rate(80.0) == Profile(
        "", "open", slice_s=5.0, slices=2, rate_per_s=80.0, segments=((80.0, 5.0),)
    )
    arrangement = Arrangement(named("sync"), named("async"), arrivals, rate=Share("near", 0.8))
    assert arrangement.rates_in(NEAR_AND_FAR) == pytest.approx({"a": 80.0, "b": 88.0})


def test_a_number_of_users_needs_no_other_arrangement() -> None:
    assert ARRANGEMENT.rates_in({}) == {}


def test_a_ratio_is_held_against_the_one_that_arithmetic_gives() -> None:
    """At 100 ms, 4 slots give 40/s and 8 give 80/s: a computed ratio of 2, of which 1.8 is 0.9. Without latency b gives
    no more than 60/s, so that the computed ratio is 1.5."""
    far = reading(35), reading(63)
    measured = share_of_computed_ratio("far", "near", {"a": 4, "b": 8}, 100)
    assert measured(of(near=(reading(100), reading(110)), far=far)) == pytest.approx(0.9)
    assert measured(of(near=(reading(100), reading(60)), far=far)) == pytest.approx(1.2)


def test_two_sides_without_a_correct_response_do_not_differ() -> None:
    assert ratio(throughput, "near")(of(near=(reading(0), reading(0)))) == 1.0
    assert ratio(throughput, "near")(of(near=(reading(0), reading(5)))) == inf
