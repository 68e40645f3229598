"""What agent and lab say to each other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

from pydantic import TypeAdapter

from loadtests.resources.other_work import HostReading

READING, SAMPLES, USS = "/reading", "/samples", "/uss"


@dataclass(frozen=True)
class Reading:
    """What the service on `port` uses, as in sampler.Sample, at `clock_s` of its host's `perf_counter`.

    PSS is null where it is not told, and outside of `/samples`. `context_switches` are of all threads that there are.
    `agent` is made up at the agent's start: readings of another one count from another beginning. `host` describes the
    whole host, where the service and the agent are the lab's.
    """

    agent: str
    port: int
    clock_s: float
    cpu_s: float
    context_switches: int
    rss_bytes: int
    threads: int
    file_descriptors: int
    arbiter_pss_bytes: int | None
    workers_pss_bytes: int | None
    host: HostReading

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Raises ValueError for what is no reading."""
        return TypeAdapter(cls).validate_json(line)


def uss_to_line(uss_bytes: int | None) -> str:
    return json.dumps(uss_bytes) + "\n"


def uss_from_line(line: bytes) -> int | None:
    """Raises ValueError for what is neither a number nor null."""
    return TypeAdapter(int | None).validate_json(line)
