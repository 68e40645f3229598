"""The clocks of other hosts: how far each is ahead of this machine's, by asking it.

The lab's one convention: `offset_s` is what the other clock shows beyond this machine's at the same moment. A moment
that was read there happened here at the reading minus `offset_s`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class ClockReading:
    """Another host's `perf_counter` showed `there_s`, asked for and received at these moments of this machine's."""

    asked_s: float
    there_s: float
    received_s: float

    @property
    def round_trip_s(self) -> float:
        return self.received_s - self.asked_s

    @property
    def offset_s(self) -> float:
        """How far the other clock is ahead, give or take half of the round trip.

        Cristian, Probabilistic Clock Synchronization (1989).
        """
        return self.there_s - (self.asked_s + self.received_s) / 2


class HasRoundTrip(Protocol):
    @property
    def round_trip_s(self) -> float: ...


R = TypeVar("R", bound=HasRoundTrip)


def fastest(readings: Iterable[R]) -> R:
    """The reading with the shortest round trip, whose offset is the most certain."""
    return min(readings, key=lambda reading: reading.round_trip_s)
