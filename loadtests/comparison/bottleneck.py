"""What limited a block: told from plain figures, so that no verdict is given on the wrong program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadtests.comparison.figures import Bottleneck

LATENESS_FLOOR_MS = 10.0
"""Where generator, server and Elasticsearch share cores, a process that is due waits for others' time slices, a few ms
each. Its lateness is in every response time, and shown apart from the rest; a generator that falls behind is late by
far more."""
MOST_LATENESS_SHARE = 0.05
"""Of the median service time: requests that leave later than this distort the arrivals that the schedule asked for."""
LEAST_SENT_SHARE = 0.99
MOST_GENERATOR_CORES = {"open": 0.7, "closed": 0.9}
"""Of each process, which has one core at most. In open load the event loop needs room to wake up in time; in closed
load nothing is due at a given time, and Locust warns of its own from 90%."""
MOST_LITTLES_LAW_ERROR = 0.1
USED_UP_SHARE = 0.9
"""Of a resource, on average over a block. No block shows the whole: slices begin and end with some of it idle."""


@dataclass(frozen=True)
class Evidence:
    """What a block says about its limit. None is what the kind of load doesn't have, or nobody could know.

    `sent_share` is of the open schedule, without dropped arrivals. `generator_cores` has a figure for each process,
    and `missing_processes` counts those without records. `littles_law_error` is of closed load. `…_cores` is CPU time
    per second of load. `slots` is how many requests the server takes at a time, `in_flight` how many it had on average.
    `machine_busy_share` is of all cores together, whoever used them.
    """

    kind: Literal["closed", "open"]
    missing_processes: int
    lateness_p99_ms: float | None
    service_p50_ms: float | None
    sent_share: float | None
    littles_law_error: float | None
    generator_cores: tuple[float, ...]
    server_cores: float | None
    workers: int | None
    backend_cores: float | None
    in_flight: float
    slots: int | None
    machine_busy_share: float


def limiting(evidence: Evidence) -> tuple[Bottleneck, str | None]:
    """What limited the block, and why it is invalid: None unless it was the generator, which is looked at first.

    Then the server: each of its workers has one core at most, and they used these up. Then the machine: where all its
    cores are used up, more slots would help nobody, and the limit is the server or Elasticsearch, whichever had more of
    it (as far as that is known). Then the server's slots: as many requests were in flight.
    """
    faults = [*_generator_faults(evidence)]
    if faults:
        return "generator", "; ".join(faults)
    if _server_is_used_up(evidence):
        return "server", None
    if evidence.machine_busy_share >= USED_UP_SHARE and (cores := _known_cores(evidence)):
        return max(cores, key=lambda name: cores[name]), None
    if evidence.slots is not None and evidence.in_flight >= USED_UP_SHARE * evidence.slots:
        return "slots", None
    return "none", None


def _generator_faults(evidence: Evidence) -> Iterator[str]:
    """Each by which the generator did not do what it was asked; in the words of a report."""
    if evidence.missing_processes:
        yield f"generator: {evidence.missing_processes} of its processes left no records"
    yield from _late(evidence)
    if evidence.sent_share is not None and evidence.sent_share < LEAST_SENT_SHARE:
        yield f"generator: it sent {evidence.sent_share:.1%} of its schedule, {LEAST_SENT_SHARE:.0%} are needed"
    busiest, allowed = max(evidence.generator_cores, default=0.0), MOST_GENERATOR_CORES[evidence.kind]
    if busiest > allowed:
        yield f"generator: one of its processes used {busiest:.0%} of a core, {allowed:.0%} are allowed"
    error = evidence.littles_law_error
    if error is not None and abs(error) > MOST_LITTLES_LAW_ERROR:
        yield f"generator: Little's law is broken by {error:+.0%}, {MOST_LITTLES_LAW_ERROR:.0%} are allowed"


def _late(evidence: Evidence) -> Iterator[str]:
    if evidence.lateness_p99_ms is None:
        return
    allowed_ms = max(LATENESS_FLOOR_MS, MOST_LATENESS_SHARE * (evidence.service_p50_ms or 0))
    if evidence.lateness_p99_ms > allowed_ms:
        yield f"generator: it sent {evidence.lateness_p99_ms:.1f} ms late (p99), {allowed_ms:.1f} ms are allowed"


def _server_is_used_up(evidence: Evidence) -> bool:
    if evidence.server_cores is None or evidence.workers is None:
        return False
    return evidence.server_cores >= USED_UP_SHARE * evidence.workers


def _known_cores(evidence: Evidence) -> dict[Bottleneck, float]:
    cores: dict[Bottleneck, float | None] = {"server": evidence.server_cores, "backend": evidence.backend_cores}
    return {name: used for name, used in cores.items() if used is not None}
