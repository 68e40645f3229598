"""What limited a block: told from plain figures, so that no verdict is given on the wrong program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loadtests.comparison.figures import Bottleneck

MOST_LATENESS_MS = {"p50": 2.0, "p99": 200.0}
"""Of open load, by percentile. On two cores that generator, server and Elasticsearch had for themselves, at half of the
peak, 20 blocks of 2,000 requests had 0.4 to 1.1 ms in the median, and 6 to 165 ms at p99: who is due waits for others'
time slices. It is in every response time. The limits are the same for every contender, whatever it makes of them."""
MOST_GENERATOR_CORES = {"open": 0.7, "closed": 0.9}
"""Of each process, which has one core at most. In open load the event loop needs room to wake up in time; in closed
load nothing is due at a given time, and Locust warns of its own from 90%."""
MOST_RUN_QUEUE_SHARE = 0.3
MOST_HEARTBEAT_LAG_MS = 10.0
"""Of a generator process: the share of the time in which it was ready and had no core, and how late its event loop was.

By `python -m tests.benchmarks.starved`: where other programs made a generator wait for 11%, the p50 of a server that
does not change was as without them; at 35%, it was up to half higher. Where generator, server and Elasticsearch share
two cores at the peak, it waits for 10 to 18% of the time, and is 3 to 6 ms late."""
USED_UP_SHARE = 0.9
"""Of a resource, on average over a block. No block shows the whole: slices begin and end with some of it idle."""
MOST_OTHER_CORES = 0.3
"""Of other work on a used-up machine, where nothing was excluded for it: with more, other work is the limit."""


@dataclass(frozen=True)
class Evidence:
    """What a block says about its limit. None is what the kind of load doesn't have, or nobody could know.

    `faults` are the generator's own, each by its process's name. `run_queue_share` and `heartbeat_lag_ms` are of its
    worst process, as in Slice. `…_cores` is CPU time of this machine per second of load, of `cores` in all;
    `generator_cores` has a figure for each process, `machine_cores` is whoever used them, `other_cores` is none of the
    lab's. `allotted_cores` is what the server can use at most. `slots` is how many requests it takes at a time,
    `in_flight` how many it had on average. Arrivals that found the in-flight cap full are no evidence: they are the
    server's failures.
    """

    kind: Literal["closed", "open"]
    faults: tuple[str, ...]
    lateness_p50_ms: float | None
    lateness_p99_ms: float | None
    run_queue_share: float | None
    heartbeat_lag_ms: float | None
    generator_cores: tuple[float, ...]
    server_cores: float | None
    allotted_cores: float | None
    backend_cores: float | None
    in_flight: float
    slots: int | None
    other_cores: float | None
    machine_cores: float
    cores: int


def limiting(evidence: Evidence) -> tuple[Bottleneck, str | None]:
    """What limited the block, and why it is invalid: None unless it was the generator, which is looked at first.

    Then the server: it used up the cores that it can have. Then the machine: where all its cores are used up, more
    slots would help nobody, and the limit is other work, or Elasticsearch where that alone used them up, or else the
    cores that all share. Then the server's slots: as many requests were in flight.
    """
    faults = [*_generator_faults(evidence)]
    if faults:
        return "generator", "; ".join(faults)
    if _is_used_up(evidence.server_cores, evidence.allotted_cores):
        return "server", None
    if _is_used_up(evidence.machine_cores, evidence.cores):
        return _of_a_full_machine(evidence), None
    if evidence.slots is not None and evidence.in_flight >= USED_UP_SHARE * evidence.slots:
        return "slots", None
    return "none", None


def _of_a_full_machine(evidence: Evidence) -> Bottleneck:
    if evidence.other_cores is not None and evidence.other_cores > MOST_OTHER_CORES:
        return "other work"
    return "backend" if _is_used_up(evidence.backend_cores, evidence.cores) else "cores"


def _is_used_up(used_cores: float | None, cores: float | None) -> bool:
    return used_cores is not None and cores is not None and used_cores >= USED_UP_SHARE * cores


def _generator_faults(evidence: Evidence) -> Iterator[str]:
    """Each by which the generator did not do what it was asked; in the words of a report."""
    yield from (f"generator: {fault}" for fault in evidence.faults)
    yield from _late(evidence)
    busiest, allowed = max(evidence.generator_cores, default=0.0), MOST_GENERATOR_CORES[evidence.kind]
    if busiest > allowed:
        yield f"generator: one of its processes used {busiest:.0%} of a core, {allowed:.0%} are allowed"
    yield from _starved(evidence)


def _late(evidence: Evidence) -> Iterator[str]:
    for name, allowed_ms in MOST_LATENESS_MS.items():
        late_ms = getattr(evidence, f"lateness_{name}_ms")
        if late_ms is not None and late_ms > allowed_ms:
            yield f"generator: it sent {late_ms:.1f} ms late ({name}), {allowed_ms:.1f} ms are allowed"


def _starved(evidence: Evidence) -> Iterator[str]:
    share, lag_ms = evidence.run_queue_share, evidence.heartbeat_lag_ms
    if share is not None and share > MOST_RUN_QUEUE_SHARE:
        yield f"generator: it waited {share:.0%} of the time for a core, {MOST_RUN_QUEUE_SHARE:.0%} are allowed"
    if lag_ms is not None and lag_ms > MOST_HEARTBEAT_LAG_MS:
        yield f"generator: its event loop was {lag_ms:.1f} ms late, {MOST_HEARTBEAT_LAG_MS:.1f} ms are allowed"
