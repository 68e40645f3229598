"""Another host's clock: how far it is ahead, the same way round for agents and for load workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from loadtests.agent.protocol import Reading
from loadtests.agent.remote import Agent, Heard, RemoteTree
from loadtests.resources.clocks import ClockReading, fastest
from loadtests.resources.other_work import HostReading

AHEAD_S = 100.0
READING = Reading("agent", 5000, 0.0, 1.0, 0, 0, 1, 1, None, None, HostReading(0.0, 2, 0.0, 0.0, 0.0, 1.0))


def test_a_clock_that_is_ahead_has_a_positive_offset() -> None:
    reading = ClockReading(asked_s=10.0, there_s=10.5 + AHEAD_S, received_s=11.0)

    assert reading.offset_s == AHEAD_S
    assert reading.round_trip_s == 1.0


def test_the_reading_with_the_shortest_round_trip_is_the_most_certain() -> None:
    slow, quick = ClockReading(0.0, 5.0, 1.0), ClockReading(2.0, 7.0, 2.1)

    assert fastest([slow, quick]) == quick


def test_samples_of_an_agent_whose_clock_is_ahead_are_told_in_our_time() -> None:
    first, *later = (reading_at(there_s) for there_s in (110.0, 110.25, 110.5))

    class Ahead(Agent):
        def read_often(self) -> list[Heard]:
            return [Heard(10.0, first.clock_s, 10.0, first)]

        def stream(self) -> Iterator[Reading]:
            yield from later

    tree = RemoteTree("server-a", Ahead("http://127.0.0.1:1", None))  # type: ignore[arg-type]  # no token is needed

    assert [sample.t_s for sample in tree.samples()] == pytest.approx([10.25, 10.5])


def reading_at(clock_s: float) -> Reading:
    """What an agent tells at a moment of its clock."""
    return replace(READING, clock_s=clock_s)
