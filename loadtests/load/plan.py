"""The lab's plan for the generator process, and the process's reports."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

PLAN_VARIABLE = "LOADTEST_PLAN"
TIMEOUT_S = 10
"""The generator's time-out for connecting and for each read; a request that takes longer is a failure."""


@dataclass(frozen=True)
class Plan:
    """The plan: paths, the workload, and times. Without `records` nothing is recorded and nothing ends by itself,
    for Locust's web page. Of a `replayed` backend, users send known requests only."""

    catalogue: str
    workload: str
    records: str | None = None
    warmup_s: float = 0
    duration_s: float = 0
    replayed: bool = False

    def to_environ(self) -> dict[str, str]:
        return {PLAN_VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_json(cls, text: str) -> Plan:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Progress:
    """The last interval as the generator saw it: for display only; reported figures come from the records."""

    at_s: float
    phase: str
    users: int
    requests_per_s: float
    failures: int
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True)
class Window:
    """The measured window, from `begin_s` to `end_s` of `perf_counter`."""

    begin_s: float
    end_s: float
    begin_unix_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.begin_s


@dataclass(frozen=True)
class Finished:
    """The generator's account at its end: requests begun and recorded, and exceptions in user code."""

    begun: int
    recorded: int
    exceptions: list[dict[str, Any]]


Report = Progress | Window | Finished
_KINDS: dict[str, type[Progress] | type[Window] | type[Finished]] = {
    kind.__name__: kind for kind in (Progress, Window, Finished)
}


def to_line(report: Report) -> str:
    return json.dumps({"kind": type(report).__name__, **asdict(report)})


def from_line(line: str) -> Report:
    values = json.loads(line)
    return _KINDS[values.pop("kind")](**values)
