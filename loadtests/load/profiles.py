"""Profiles: the kinds of load on contenders by name, and their durations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from loadtests.errors import LabError


@dataclass(frozen=True)
class Profile:
    """A kind of load on each side of a pair, in slices.

    Closed load has `users`. Open load has `rate_per_s`, and `segments`: pairs of a rate and its seconds, in the order
    of a slice. Each side gets `slices` slices of `slice_s`. Before them it is warmed up by slices of
    `warm_up_slice_s`, until two in a row agree: by two slices at least, and `warm_up_slices` at most.
    """

    name: str
    kind: Literal["closed", "open", "burst"]
    slice_s: float
    slices: int
    users: int | None = None
    rate_per_s: float | None = None
    segments: tuple[tuple[float, float], ...] = ()
    warm_up_slices: int = 4
    warm_up_slice_s: float = 0.5

    def at_rate(self, per_s: float) -> Profile:
        """The same with arrivals at one rate for the whole slice."""
        return replace(self, rate_per_s=per_s, segments=((per_s, self.slice_s),))


PEAK, STEADY, LIGHT, BURST = "peak", "steady", "light", "burst"
NAMES = (PEAK, STEADY, LIGHT, BURST)
NEEDS_PEAK = (STEADY, BURST)
"""Profiles whose rates are shares of a measured peak."""
PROBE = Profile("probe", "closed", slice_s=2.0, slices=1, users=1, warm_up_slices=2)
"""One user: the response time with no other request under way. It gets no verdict."""

LIGHT_USERS = 10
STEADY_SHARE = 0.5
BURST_SHARE = 2.0
CALM_SHARE = 0.25
"""Shares of the slower contender's measured peak: the steady rate, a burst's, and the rate before and after a burst."""
_CALM_S, _BURST_S, _RECOVERY_S = 3.0, 3.0, 9.0

LEAST_WARM_UP_SLICES = 2
_QUICK_WARM_UP: dict[str, Any] = {"warm_up_slices": 2}

_CLOSED_S, _QUICK_CLOSED_S = 6.0, 2.0
"""Approximate load time of each side."""
_LEAST_SLICE_S, _MOST_SLICE_S = 0.25, 2.5
_RESPONSES_A_SLICE = 5
_STEADY_S = 0.8
_USUAL_RESPONSE_MS = 100.0
"""Assumed where no response time is predicted."""

_START_AND_STOP_S = 6.0
_DRAIN_S = 0.2
"""Measured on two cores, for the estimated duration that users see."""


def closed(name: str, users: int, *, quick: bool, response_ms: float | None = None) -> Profile:
    """Closed load: each of `users` sends its next request as soon as the response to the one before arrives.

    Slices are short, because the machine's pace changes within a second. They still last five responses of
    `response_ms` (predicted; None where unknown): users begin together, so the first request of each meets no usual
    queue. These are due at the begin, and what is due in the first tenth of a slice is not counted. Nor are they so
    short that other work, which the kernel accounts for in ticks, can't be told from none.
    """
    slice_s = round(
        min(max(_LEAST_SLICE_S, _RESPONSES_A_SLICE * (response_ms or _USUAL_RESPONSE_MS) / 1000), _MOST_SLICE_S), 2
    )
    slices = 2 * max(1, round((_QUICK_CLOSED_S if quick else _CLOSED_S) / slice_s / 2))
    usual = Profile(name, "closed", slice_s, slices, users=users)
    return replace(usual, **_QUICK_WARM_UP) if quick else usual


def steady(rate_per_s: float, *, quick: bool) -> Profile:
    """Open load: arrivals of a Poisson process, which do not wait for responses. Slices are short as in closed load."""
    slices = 2 if quick else 8
    usual = Profile(STEADY, "open", _STEADY_S, slices, rate_per_s=rate_per_s, segments=((rate_per_s, _STEADY_S),))
    return replace(usual, **_QUICK_WARM_UP) if quick else usual


def burst(calm_per_s: float, burst_per_s: float) -> Profile:
    """Open load at a calm rate, a burst, and the calm rate again, in one slice: so each side recovers undisturbed."""
    segments = ((calm_per_s, _CALM_S), (burst_per_s, _BURST_S), (calm_per_s, _RECOVERY_S))
    slice_s = sum(length_s for _, length_s in segments)
    return Profile(BURST, "burst", slice_s, 1, rate_per_s=burst_per_s, segments=segments)


def named(
    name: str, users: int, peak_per_s: float | None, response_ms: Callable[[int], float | None], *, quick: bool
) -> Profile:
    """Returns the profile called `name`: with `users` (the peak), or with rates from the slower contender's peak.

    `response_ms` predicts the response time for a number of users, or None. Raises LabError where a rate needs a peak
    and there is none.
    """
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


def pair_s(profile: Profile, sides: int = 2) -> float:
    """Estimates how long a pair of so many sides takes, in seconds."""
    warm_up_slices = (LEAST_WARM_UP_SLICES + profile.warm_up_slices) / 2
    warm_up_s = warm_up_slices * (profile.warm_up_slice_s + _DRAIN_S)
    return _START_AND_STOP_S + sides * (warm_up_s + profile.slices * (profile.slice_s + _DRAIN_S))
