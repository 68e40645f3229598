"""The record of one pair: its slices as they were performed, its requests, and what its processes held."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loadtests.comparison.figures import Side
from loadtests.load.orders import Clock
from loadtests.resources.other_work import OtherWork
from loadtests.resources.sampler import Sample
from loadtests.tables import read_values


@dataclass(frozen=True)
class Played:
    """A slice as it was performed: times are of `perf_counter`. Resources count from its begin to its last response:
    `cpu_s` is CPU time of the groups `server`, `backend`, each `generator-N`, and of the whole `machine`;
    `context_switches` are the server's; for `stalled_s` some task was ready to run and had no CPU. `faults` are those
    of the generator's processes, each by its name.

    `turn` counts from 1; each has a slice of each side, with the same requests. A slice that is not `kept` was played
    again, under another number. `other` is what else the machine worked at, and the service's host where an agent tells
    of it; None where that can't be known. `run_queue_wait_s` and `heartbeat_lag_ms` are of each generator process, as
    in Done.
    """

    number: int
    side: Side
    begin_s: float
    duration_s: float
    ended_s: float
    arrivals: int
    dropped: int
    connects: int
    cpu_s: dict[str, float]
    context_switches: int | None
    stalled_s: float | None
    faults: list[str] = field(default_factory=list)
    turn: int = 0
    kept: bool = True
    other: OtherWork | None = None
    run_queue_wait_s: list[float | None] = field(default_factory=list)
    heartbeat_lag_ms: list[float | None] = field(default_factory=list)


@dataclass(frozen=True)
class Memory:
    """What a server held at the end of a pair, in all its processes; None where it can't be seen.

    RSS and PSS are the most that was seen during the pair, PSS of arbiter and workers at the same moment.
    """

    uss_bytes: int | None
    threads: int | None
    file_descriptors: int | None
    peak_rss_bytes: int | None
    arbiter_pss_bytes: int | None = None
    workers_pss_bytes: int | None = None

    @property
    def peak_pss_bytes(self) -> int | None:
        if self.arbiter_pss_bytes is None or self.workers_pss_bytes is None:
            return None
        return self.arbiter_pss_bytes + self.workers_pss_bytes


@dataclass(frozen=True)
class Pair:
    """A finished pair. `order` is that of its first turn; `unsteady` sides never came to two warm-up slices that agree;
    `clocks` are those of the generator's processes on other hosts. `limit_cores` is how much other work a turn may have
    had, None where neither that nor what it took from the generator was limited."""

    profile: str
    number: int
    order: list[Side]
    unsteady: list[Side]
    played: list[Played]
    memory: dict[Side, Memory]
    clocks: list[Clock] = field(default_factory=list)
    limit_cores: float | None = None

    @property
    def kept(self) -> list[Played]:
        """The slices from which figures are made."""
        return [one for one in self.played if one.kept]

    @classmethod
    def read(cls, folder: Path) -> Pair:
        content = json.loads((folder / "pair.json").read_text())
        if first := content.pop("first", None):  # as pairs of two were written before
            content["order"] = sorted(content["memory"], key=lambda side: side != first)
        content["played"] = [_played(**played) for played in content["played"]]
        content["memory"] = {side: Memory(**memory) for side, memory in content["memory"].items()}
        content["clocks"] = [Clock(**clock) for clock in content.get("clocks", [])]
        return cls(**content)

    def write(self, folder: Path) -> None:
        (folder / "pair.json").write_text(json.dumps(asdict(self), indent=1) + "\n")


def _played(other: dict[str, float] | None = None, **content: Any) -> Played:
    return Played(**content, other=OtherWork(**other) if other else None)


def read_requests(folder: Path) -> pa.Table:
    """The counted and uncounted requests of a finished pair: recorder.SCHEMA, times since its first slice."""
    return pq.read_table(folder / "requests.parquet")


def read_resources(folder: Path) -> list[Sample]:
    """Times since the pair's first slice; groups are `server-a`, `server-b`, `backend` and `generator-N`."""
    return read_values(folder / "resources.csv", Sample)
