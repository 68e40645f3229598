"""Messages between the lab and its generator processes: orders and accounts of slices, one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

PART_VARIABLE = "LOADTEST_PART"
NULL = "null"
"""The side of the null server, which gives every request the same empty response."""
UNCOUNTED_SHARE = 0.1
"""The first share of each slice, not counted: the other side's last responses still use the machine then."""
MAX_IN_FLIGHT = 1_000
"""The most requests in flight from one process in open load. An arrival beyond that is dropped, and counted."""


@dataclass(frozen=True)
class Generators:
    """The generator processes: `processes` of this machine or, with `master`, Locust workers of any host.

    Workers connect to Locust's master, which listens at `master`, a host and a port.
    """

    processes: int
    master: tuple[str, int] | None = None


@dataclass(frozen=True)
class Part:
    """The part of one generator process, which it gets at its start.

    It is process number `process` of `processes`, counted from 0. `catalogue` and `records` are paths, and `label` is a
    part of the ids of the books that it writes. Of a `replayed` backend, it sends known requests only.
    """

    process: int
    processes: int
    catalogue: str
    records: str
    workload: str
    label: str
    replayed: bool = False

    def to_environ(self) -> dict[str, str]:
        return {PART_VARIABLE: self.to_json()}

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Part:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Order:
    """A slice of load on one service by all processes, for `duration_s` from `begin_s`, until the last response is in.

    `begin_s` is of `perf_counter`, which the processes of one machine share. Closed load has `users`, who each wait
    for a response. Open load has `segments`, pairs of a rate and its seconds; a Poisson process with `seed` schedules
    the arrivals. `number` marks the records: 0 for those that never count. The seed also decides the requests: orders
    that differ in `side` and `url` alone send the same ones, except for the ids of the books that each side writes.
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
    """The message of a process that waits for orders, and of one that has drawn an order's requests.

    `clocks` are those of processes on other hosts.
    """

    clocks: list[Clock] = field(default_factory=list)

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Ready:
        return cls([Clock(**clock) for clock in json.loads(line)["clocks"]])


@dataclass(frozen=True)
class Begin:
    """The begin of an order for which all processes have drawn requests, by the receiver's `perf_counter`."""

    begin_s: float

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Begin:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Done:
    """The account of a slice by a process, or the sum over processes.

    `arrivals` are its own (in closed load, its requests), and `dropped` those beyond `MAX_IN_FLIGHT`. `requests` and
    `service_times_ms` are number and sum, `connects` counts new connections, and `faults` are reasons to exclude the
    slice. Lists have an entry for each process, None where unknown: CPU time, time that threads were ready and had no
    core, and the 95th percentile of the event loop's lag.
    """

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
