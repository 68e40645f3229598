"""What a comparison measures: figures a slice, a block, and an endpoint of a block. Its CSV files have these columns.

Times are response times: from the intended start to the response's last byte. Where nothing but the server can make a
request wait (closed load), that is the service time. Percentiles count failures, time-outs and dropped arrivals as
infinite; a mean and service times count what a failure took. Without a correct response, cost per response is infinite.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Literal, TypeVar

T = TypeVar("T")

Side = str
"""A contender's place in a comparison: a, b, c, …"""
SIDES: tuple[Side, Side] = ("a", "b")
"""Those of a comparison of two."""


def by_side(contenders: Iterable[T]) -> dict[Side, T]:
    """The contenders by their sides: the first is a, with which all others are compared."""
    return dict(zip(ascii_lowercase, contenders, strict=False))


Bottleneck = Literal["generator", "other work", "server", "backend", "cores", "slots", "none"]
"""What limited a block: the load generator or other work on the machine (which make the block invalid), the server's
allotted CPU, Elasticsearch, the cores that these share with the generator, the server's threads or pool all waiting, or
nothing (load below the capacity)."""


@dataclass(frozen=True)
class Slice:
    """A stretch of load on one contender, without its first tenth, which is not counted. In `slices.csv`.

    `begin_s` counts from the pair's first slice; `number` from 1. CPU is of the whole slice, until its last response.

    `turn` counts from 1: both sides' slices of a turn have the same requests. One that is not `kept` was played again,
    and is in no other figure. `correct_answers_per_s` of closed load sums up the shares of their service times that lie
    in the counted part (see `statistics.shares`); of open load it counts those that were due there.

    `foreign_cores` is CPU of processes that are not the lab's, `kernel_cores` of interrupts, `steal_cores` what the
    hypervisor took: each in cores, of this machine and of the service's host where an agent tells of it, None where it
    can't be known. `run_queue_share` is the share of the time in which a generator process was ready and had no core,
    `heartbeat_lag_ms` how late its event loop was in 19 of 20 heartbeats at most; both are of the worst process.
    """

    profile: str
    pair: int
    number: int
    side: Side
    begin_s: float
    counted_s: float
    requests: int
    failures: int
    dropped: int
    correct_answers_per_s: float
    mean_ms: float | None
    p50_ms: float | None
    p99_ms: float | None
    server_cpu_ms_per_correct_answer: float | None
    backend_cpu_ms_per_correct_answer: float | None
    generator_cpu_ms_per_correct_answer: float | None
    turn: int = 0
    kept: bool = True
    foreign_cores: float | None = None
    kernel_cores: float | None = None
    steal_cores: float | None = None
    run_queue_share: float | None = None
    heartbeat_lag_ms: float | None = None

    @property
    def disturbing_cores(self) -> float | None:
        """As in OtherWork."""
        if self.foreign_cores is None or self.steal_cores is None:
            return None
        return self.foreign_cores + self.steal_cores


@dataclass(frozen=True)
class Block:
    """One contender's slices of one pair: the unit from which verdicts are made. In `blocks.csv`.

    `position` is 1 for the side that was loaded first in this pair. `arrivals` is what the open schedule offered (None
    in closed load), `dropped` those of them that found the generator's in-flight cap full: the server's failures.
    `…_cores` is CPU time per second of load. `in_flight` is the mean number of requests under way. `lateness_p99_ms` is
    how late the generator sent. `invalid` tells why nothing follows from the block, None if something does; `unsteady`
    whether warm-up ended without two windows that agree. `recovery_s` is of bursts alone: see measure.recovery_s.
    `connects_per_request` counts TCP connections that the generator had to make. `cpu_pressure_share` is the share of
    the time in which some task of the machine was ready and had no CPU. For the rest see Slice: `other_cores` is
    foreign and stolen CPU over all slices, `run_queue_share` over all slices too, and `heartbeat_lag_ms` that of the
    slice in the middle. `peak_pss_bytes` is the sum of the two that follow it; all three are None where the kernel does
    not tell PSS.
    """

    profile: str
    pair: int
    side: Side
    contender: str
    position: int
    counted_s: float
    requests: int
    failures: int
    arrivals: int | None
    dropped: int
    correct_answers_per_s: float
    failed_share: float
    cpu_ms_per_correct_answer: float | None
    server_cores: float | None
    backend_cores: float | None
    generator_cores: float
    machine_cores: float
    peak_rss_bytes: int | None
    uss_bytes: int | None
    threads: int | None
    file_descriptors: int | None
    in_flight: float
    lateness_p99_ms: float | None
    unsteady: bool
    bottleneck: Bottleneck
    invalid: str | None
    recovery_s: float | None = None
    connects_per_request: float | None = None
    context_switches_per_request: float | None = None
    cpu_pressure_share: float | None = None
    peak_pss_bytes: int | None = None
    arbiter_pss_bytes: int | None = None
    workers_pss_bytes: int | None = None
    other_cores: float | None = None
    run_queue_share: float | None = None
    heartbeat_lag_ms: float | None = None


@dataclass(frozen=True)
class EndpointFigures:
    """One endpoint of a block, or all of them (`endpoint` is `statistics.ALL`). In `endpoints.csv`.

    The last four are means of correct responses, and add up to their mean response time: what the request waited in the
    generator, in the network and the server's queue, in the application, and in the Elasticsearch client; the last
    three None where the service does not tell them (no Server-Timing).
    """

    profile: str
    pair: int
    side: Side
    endpoint: str
    requests: int
    failures: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    service_p50_ms: float | None
    service_p99_ms: float | None
    generator_ms: float | None
    queue_ms: float | None
    app_ms: float | None
    es_ms: float | None
