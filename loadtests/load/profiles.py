"""How contenders are asked: the profiles by name, and how long they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from loadtests.errors import LabError


@dataclass(frozen=True)
class Profile:
    """How the service was asked. Closed load has `users`; open load a `rate_per_s` of arrivals, and a burst besides
    `segments`: rates and for how many seconds each, one after the other in each slice. `slices` is of each side, which
    is warmed up before by at least two slices of `warm_up_slice_s`, until two in a row agree, or by `warm_up_slices` at
    most."""

    name: str
    kind: Literal["closed", "open", "burst"]
    slice_s: float
    slices: int
    users: int | None = None
    rate_per_s: float | None = None
    segments: tuple[tuple[float, float], ...] = ()
    warm_up_slices: int = 4
    warm_up_slice_s: float = 1.0

    def at_rate(self, per_s: float) -> Profile:
        """The same with arrivals at one rate for the whole slice."""
        return replace(self, rate_per_s=per_s, segments=((per_s, self.slice_s),))


PEAK, STEADY, LIGHT, BURST = "peak", "steady", "light", "burst"
NAMES = (PEAK, STEADY, LIGHT, BURST)
NEEDS_PEAK = (STEADY, BURST)
"""Their rates are shares of a peak."""
PROBE = Profile("probe", "closed", slice_s=2.0, slices=1, users=1, warm_up_slices=2)
"""One user in no hurry: what a request takes when nothing else is under way. Never judged."""

LIGHT_USERS = 10
STEADY_SHARE = 0.5
BURST_SHARE = 2.0
CALM_SHARE = 0.25
"""Shares of the slower contender's measured peak: the steady rate, a burst's, and the rate before and after a burst."""
_CALM_S, _BURST_S, _RECOVERY_S = 3.0, 3.0, 9.0

LEAST_WARM_UP_SLICES = 2
_QUICK_WARM_UP: dict[str, Any] = {"warm_up_slices": 2, "warm_up_slice_s": 0.5}

_CLOSED_S, _QUICK_CLOSED_S = 6.0, 2.0
"""Of each side, about."""
_LEAST_SLICE_S, _MOST_SLICE_S = 0.1, 2.5
_ANSWERS_A_SLICE = 10
_USUAL_RESPONSE_MS = 100.0
"""Where none is predicted."""

_START_AND_STOP_S = 6.0
_DRAIN_S = 0.2
"""As they were measured on two cores: for the estimate that a user is shown."""


def closed(name: str, users: int, *, quick: bool, response_ms: float | None = None) -> Profile:
    """Each of `users` waits for its answer, `response_ms` as far as it is predicted, and asks again at once.

    Slices are short, because the machine's pace changes within a second, but ten answers long: users begin together,
    and their first answers, which none came before, are to be over with the tenth that is not counted.
    """
    slice_s = round(
        min(max(_LEAST_SLICE_S, _ANSWERS_A_SLICE * (response_ms or _USUAL_RESPONSE_MS) / 1000), _MOST_SLICE_S), 2
    )
    slices = 2 * max(1, round((_QUICK_CLOSED_S if quick else _CLOSED_S) / slice_s / 2))
    usual = Profile(name, "closed", slice_s, slices, users=users)
    return replace(usual, **_QUICK_WARM_UP) if quick else usual


def steady(rate_per_s: float, *, quick: bool) -> Profile:
    """Arrivals of a Poisson process, which do not wait for answers."""
    slice_s = 2.0 if quick else 5.0
    usual = Profile(STEADY, "open", slice_s, 2, rate_per_s=rate_per_s, segments=((rate_per_s, slice_s),))
    return replace(usual, slices=1, **_QUICK_WARM_UP) if quick else usual


def burst(calm_per_s: float, burst_per_s: float) -> Profile:
    """A calm rate, a burst, and the calm rate again. Not cut into slices: each side recovers in peace."""
    segments = ((calm_per_s, _CALM_S), (burst_per_s, _BURST_S), (calm_per_s, _RECOVERY_S))
    slice_s = sum(length_s for _, length_s in segments)
    return Profile(BURST, "burst", slice_s, 1, rate_per_s=burst_per_s, segments=segments)


def named(
    name: str, users: int, peak_per_s: float | None, response_ms: Callable[[int], float | None], *, quick: bool
) -> Profile:
    """The profile, with as many users (of the peak), or with rates out of the slower contender's peak. `response_ms`
    tells how long so many users will wait for an answer, where that can be predicted."""
    match name, peak_per_s:
        case "peak", _:
            return closed(PEAK, users, quick=quick, response_ms=response_ms(users))
        case "light", _:
            return closed(LIGHT, LIGHT_USERS, quick=quick, response_ms=response_ms(LIGHT_USERS))
        case "steady", float():
            return steady(STEADY_SHARE * peak_per_s, quick=quick)
        case "burst", float():
            return burst(CALM_SHARE * peak_per_s, BURST_SHARE * peak_per_s)
    raise LabError(f"the profile {name} needs a peak that was measured, or RATE=")


def pair_s(profile: Profile) -> float:
    """What a pair of it takes, about."""
    warm_up_slices = (LEAST_WARM_UP_SLICES + profile.warm_up_slices) / 2
    warm_up_s = 2 * warm_up_slices * (profile.warm_up_slice_s + _DRAIN_S)
    return _START_AND_STOP_S + warm_up_s + 2 * profile.slices * (profile.slice_s + _DRAIN_S)
