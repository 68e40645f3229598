"""How contenders are asked."""

from __future__ import annotations

from typing import Any

import pytest

from loadtests.comparison.stage import calm
from loadtests.errors import LabError
from loadtests.load import profiles
from loadtests.load.profiles import Profile

QUICK_PEAK = Profile("peak", "closed", slice_s=0.25, slices=8, users=32, warm_up_slices=2)
QUICK_STEADY = Profile(
    "steady", "open", slice_s=0.8, slices=2, rate_per_s=100, segments=((100, 0.8),), warm_up_slices=2
)
PEAK = Profile("peak", "closed", slice_s=0.25, slices=24, users=32)
STEADY = Profile("steady", "open", slice_s=0.8, slices=8, rate_per_s=100, segments=((100, 0.8),))
BURST = Profile("burst", "burst", slice_s=15, slices=1, rate_per_s=400, segments=((50, 3), (400, 3), (50, 9)))


def predicted_ms(users: int) -> float:
    """50 ms for 32 users."""
    return users * 50 / 32


@pytest.mark.parametrize(
    ("name", "quick", "expected"),
    [
        ("peak", False, PEAK),
        ("peak", True, QUICK_PEAK),
        ("light", False, Profile("light", "closed", slice_s=0.25, slices=24, users=10)),
        ("steady", False, STEADY),
        ("steady", True, QUICK_STEADY),
        ("burst", False, BURST),
        ("burst", True, BURST),
    ],
)
def test_a_profile_has_shares_of_the_peak(name: str, quick: bool, expected: Profile) -> None:
    assert profiles.named(name, users=32, peak_per_s=200.0, response_ms=predicted_ms, quick=quick) == expected


@pytest.mark.parametrize(
    ("response_ms", "quick", "slice_s", "slices"),
    [(1, False, 0.25, 24), (50, False, 0.25, 24), (100, False, 0.5, 12), (200, False, 1, 6), (400, False, 2, 4),
     (9_000, False, 2.5, 2), (1, True, 0.25, 8), (100, True, 0.5, 4), (200, True, 1, 2), (9_000, True, 2.5, 2)],
)  # fmt: skip
def test_slices_of_closed_load_are_short_but_five_responses_long(
    response_ms: float, quick: bool, slice_s: float, slices: int
) -> None:
    profile = profiles.closed("peak", 32, quick=quick, response_ms=response_ms)
    assert (profile.slice_s, profile.slices) == (slice_s, slices)


@pytest.mark.parametrize("name", profiles.NEEDS_PEAK)
def test_without_a_peak_there_is_no_share_of_it(name: str) -> None:
    with pytest.raises(LabError, match=f"the profile {name} needs a peak that was measured, or RATE="):
        profiles.named(name, users=32, peak_per_s=None, response_ms=predicted_ms, quick=False)


@pytest.mark.parametrize(("profile", "expected"), [(PEAK, ()), (STEADY, ((100, 1),)), (BURST, ((50, 1),))])
def test_warm_up_is_calm(profile: Profile, expected: Any) -> None:
    assert calm(profile, 1) == expected


def test_a_full_comparison_and_a_quick_one_keep_their_times() -> None:
    full_s, quick_s = (
        pairs
        * sum(
            profiles.pair_s(profiles.named(name, 32, 200.0, lambda _: None, quick=quick)) for name in ("peak", "steady")
        )
        for pairs, quick in ((10, False), (3, True))
    )
    assert full_s < 12 * 60
    assert quick_s < 2 * 60
