"""What limited a block: told from plain figures, so that no verdict is given on the wrong program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadtests.comparison.figures import Bottleneck

MOST_LATENESS_MS = {"p50": 5.0, "p99": 200.0}
"""Of each percentile of lateness, whatever the server's own times: a slow server buys its generator no allowance.

On two cores that generator, server and Elasticsearch had for themselves, at half of the peak, 20 blocks of 2,000
requests had 0.4 to 1.1 ms in the median. Their p99 was 6 to 165 ms, for who is due waits for others' time slices. It is
in every response time, and shown apart from the rest. A generator that falls behind is late as a rule, and by far
more."""
MOST_GENERATOR_CORES = {"open": 0.7, "closed": 0.9}
"""Of each process, which has one core at most. In open load the event loop needs room to wake up in time; in closed
load nothing is due at a given time, and Locust warns of its own from 90%."""
MOST_LITTLES_LAW_ERROR = 0.1
USED_UP_SHARE = 0.9
"""Of a resource, on average over a block. No block shows the whole: slices begin and end with some of it idle."""


@dataclass(frozen=True)
class Evidence:
    """What a block says about its limit. None is what the kind of load doesn't have, or nobody could know.

    `faults` are the generator's own, each by its process's name. `littles_law_error` is of closed load. `…_cores` is
    CPU time of this machine per second of load; `generator_cores` has a figure for each process. `slots` is how many
    requests the server takes at a time, `in_flight` how many it had on average. `machine_busy_share` is of all cores
    together, whoever used them. Arrivals that found the in-flight cap full are no evidence: they are the server's
    failures.
    """

    kind: Literal["closed", "open"]
    faults: tuple[str, ...]
    lateness_p50_ms: float | None
    lateness_p99_ms: float | None
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
    yield from (f"generator: {fault}" for fault in evidence.faults)
    yield from _late(evidence)
    busiest, allowed = max(evidence.generator_cores, default=0.0), MOST_GENERATOR_CORES[evidence.kind]
    if busiest > allowed:
        yield f"generator: one of its processes used {busiest:.0%} of a core, {allowed:.0%} are allowed"
    error = evidence.littles_law_error
    if error is not None and abs(error) > MOST_LITTLES_LAW_ERROR:
        yield f"generator: Little's law is broken by {error:+.0%}, {MOST_LITTLES_LAW_ERROR:.0%} are allowed"


def _late(evidence: Evidence) -> Iterator[str]:
    for name, allowed_ms in MOST_LATENESS_MS.items():
        late_ms = getattr(evidence, f"lateness_{name}_ms")
        if late_ms is not None and late_ms > allowed_ms:
            yield f"generator: it sent {late_ms:.1f} ms late ({name}), {allowed_ms:.1f} ms are allowed"


def _server_is_used_up(evidence: Evidence) -> bool:
    if evidence.server_cores is None or evidence.workers is None:
        return False
    return evidence.server_cores >= USED_UP_SHARE * evidence.workers


def _known_cores(evidence: Evidence) -> dict[Bottleneck, float]:
    cores: dict[Bottleneck, float | None] = {"server": evidence.server_cores, "backend": evidence.backend_cores}
    return {name: used for name, used in cores.items() if used is not None}
