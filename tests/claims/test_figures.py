"""The figures of a round, by hand."""

from __future__ import annotations

import pytest

from claims.claim import Arrangement, Reading, Round, Share
from claims.figures import extra_kib_in_flight, growth, p99_ms, ratio, share_of_ceiling, throughput, uss_bytes
from loadtests.contenders import named
from loadtests.load.profiles import Profile
from tests.claims.support import ARRANGEMENT, LOAD, reading

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


def test_a_share_is_of_the_slower_side() -> None:
    assert Share("near", 0.8).per_s(NEAR_AND_FAR) == pytest.approx(80.0)


def test_arrivals_come_at_that_share_for_a_whole_slice() -> None:
    arrivals = Profile("", "open", slice_s=5.0, slices=2)
    arrangement = Arrangement(named("sync"), named("async"), arrivals, rate=Share("near", 0.8))
    profile = arrangement.profile_in(NEAR_AND_FAR)
    assert profile == Profile("", "open", slice_s=5.0, slices=2, rate_per_s=80.0, segments=((80.0, 5.0),))


def test_a_number_of_users_needs_no_other_arrangement() -> None:
    assert ARRANGEMENT.profile_in({}) == LOAD
