"""What the lab tells its generator processes, slice by slice, and what they report: a JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

PART_VARIABLE = "LOADTEST_PART"
READY = "ready"
"""What a process says when it waits for its first order."""
NULL = "null"
"""The side of the server that does nothing, which is asked for nothing in particular."""
MAX_IN_FLIGHT = 1_000
"""Of one process in open load; an arrival beyond is dropped, and counted."""


@dataclass(frozen=True)
class Part:
    """What one generator process is told at its start: which of how many it is, what there is to ask, and where its
    records go. `label` goes into the ids of books that it writes."""

    process: int
    processes: int
    catalogue: str
    records: str
    workload: str
    label: str

    def to_environ(self) -> dict[str, str]:
        return {PART_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_json(cls, text: str) -> Part:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Order:
    """A slice of load on one service, by all processes together, from `begin_s` (of `perf_counter`, which processes of
    one machine share) until `duration_s` later; then its last answers are awaited.

    Closed load has `users`, each waiting for its answer; open load has `segments` instead, rates of arrivals and for
    how many seconds each, that a Poisson process with this `seed` scheduled. `number` marks its records: 0 for what is
    never counted. Each `side` has visitors of its own, who go on where their last slice ended.
    """

    number: int
    side: str
    url: str
    begin_s: float
    duration_s: float
    users: int | None = None
    segments: tuple[tuple[float, float], ...] = ()
    seed: str = ""

    @property
    def end_s(self) -> float:
        return self.begin_s + self.duration_s

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Order:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Done:
    """One process's account of a slice: arrivals that were its own (requests, in closed load), those that it dropped
    because too much was in flight, number and sum of its service times, and how often it connected."""

    arrivals: int
    dropped: int
    requests: int
    service_times_ms: float
    connects: int

    def __add__(self, other: Done) -> Done:
        return Done(
            self.arrivals + other.arrivals,
            self.dropped + other.dropped,
            self.requests + other.requests,
            self.service_times_ms + other.service_times_ms,
            self.connects + other.connects,
        )

    @property
    def mean_ms(self) -> float | None:
        """The mean service time."""
        return self.service_times_ms / self.requests if self.requests else None

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Done:
        return cls(**json.loads(line))
