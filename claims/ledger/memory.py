"""The memory of a server with few and with many requests in flight."""

from __future__ import annotations

from dataclasses import replace

from claims.claim import SHORT_WARM_UP_S, Arrangement, Claim, Statement
from claims.figures import Measure, extra_kib_in_flight, peak_rss_bytes, uss_bytes
from claims.ledger.sources import SUPER_FAST_PYTHON, TSUTSUMI
from loadtests.comparison.verdict.metrics import PLAIN
from loadtests.contenders import named
from loadtests.load.profiles import Profile

LATENCY_MS = 500
FEW, MANY = 8, 64


def _name(in_flight: int) -> str:
    return f"{in_flight} in flight"


def _arrangement(in_flight: int) -> Arrangement:
    """A pair with a thread, and a connection, for each request."""
    sync, asynchronous = replace(named("sync"), threads=in_flight), replace(named("async"), pool=in_flight)
    load = Profile("", "closed", slice_s=2.5, slices=1, users=in_flight, warm_up_slice_s=SHORT_WARM_UP_S)
    return Arrangement(sync, asynchronous, load, latency_ms=LATENCY_MS)


def _statement(what: str, measure: Measure) -> Statement:
    figure = extra_kib_in_flight(measure, _name(FEW), _name(MANY))
    return Statement(f"{what} for each further request in flight, sync - async", figure, "KiB", low=0.0, scale=PLAIN)


CLAIM = Claim(
    name="memory",
    says="A thread costs more memory per request in flight than a coroutine.",
    sources=(SUPER_FAST_PYTHON, TSUTSUMI),
    how=f"Fresh processes with {FEW} and with {MANY} requests in flight: what each further one adds, since both "
    "include what a process needs anyway. Two figures must agree: the most that was resident under load, and what the "
    "process kept for itself (its unique set) when the load was over.",
    arrangements={_name(in_flight): _arrangement(in_flight) for in_flight in (FEW, MANY)},
    statements=(_statement("peak resident set", peak_rss_bytes), _statement("unique set afterwards", uss_bytes)),
)
