"""What the lab tells its generator processes, slice by slice, and what they report: a JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

PART_VARIABLE = "LOADTEST_PART"
NULL = "null"
"""The side of the server that does nothing, which is asked for nothing in particular."""
UNCOUNTED_SHARE = 0.1
"""Of each slice, at its begin: there the other side's last answers still weigh on the machine."""
MAX_IN_FLIGHT = 1_000
"""Of one process in open load; an arrival beyond is dropped, and counted."""


@dataclass(frozen=True)
class Generators:
    """Where the load comes from: how many processes of the lab's own, or, where Locust's master is to listen at
    `(host, port)`, of workers on any hosts that come to it."""

    processes: int
    master: tuple[str, int] | None = None


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
        return {PART_VARIABLE: self.to_json()}

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Part:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Order:
    """A slice of load on one service, by all processes together, from `begin_s` (of `perf_counter`, which processes of
    one machine share) until `duration_s` later; then its last answers are awaited.

    Closed load has `users`, each waiting for its answer; open load has `segments` instead, rates of arrivals and for
    how many seconds each, that a Poisson process with this `seed` scheduled. `number` marks its records: 0 for what is
    never counted. The seed also decides what is asked: two orders that differ in `side` and `url` alone are for the
    same requests, but for the ids of the books that each side writes.
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
class Clock:
    """The clock of a generator process on `host`, as `resources.clocks` reads it: `offset_s` ahead of the lab's.

    It is known to half of `round_trip_s`, the fastest of several.
    """

    host: str
    offset_s: float
    round_trip_s: float


@dataclass(frozen=True)
class Ready:
    """What is said once orders are waited for, with the clocks of processes that do not share the lab's; and once an
    order's requests are drawn."""

    clocks: list[Clock] = field(default_factory=list)

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Ready:
        return cls([Clock(**clock) for clock in json.loads(line)["clocks"]])


@dataclass(frozen=True)
class Begin:
    """When an order that all processes have drawn requests for begins, in the `perf_counter` of who is told."""

    begin_s: float

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Begin:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Done:
    """An account of a slice: arrivals that were the process's own (requests, in closed load), those that it dropped
    because too much was in flight, number and sum of its service times, how often it connected, and what makes its part
    worthless. Of each process: the CPU time that it used, how long its threads were ready and had no core, and by how
    many ms its event loop was late in 19 of 20 heartbeats at most; None where that is not known."""

    arrivals: int
    dropped: int
    requests: int
    service_times_ms: float
    connects: int
    cpu_s: list[float]
    run_queue_wait_s: list[float | None]
    heartbeat_lag_ms: list[float | None]
    faults: list[str]

    def __add__(self, other: Done) -> Done:
        return Done(**{name: getattr(self, name) + getattr(other, name) for name in asdict(self)})

    @property
    def mean_ms(self) -> float | None:
        """The mean service time."""
        return self.service_times_ms / self.requests if self.requests else None

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Done:
        return cls(**json.loads(line))
