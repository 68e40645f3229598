"""The memory of a server with few and with many requests in flight."""

from __future__ import annotations

from dataclasses import replace

from claims.claim import SHORT_WARM_UP_S, Arrangement, Claim, Statement
from claims.figures import extra_kib_in_flight, peak_pss_bytes, uss_bytes
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


CLAIM = Claim(
    name="memory",
    says="A thread costs more memory per request in flight than a coroutine.",
    sources=(SUPER_FAST_PYTHON, TSUTSUMI),
    how=f"Fresh processes with {FEW} and with {MANY} requests in flight: what each further one adds, since both "
    "include what a process needs anyway. Memory is the most under load by PSS, which counts pages that processes "
    "share once. What a process kept for itself when the load was over (its unique set) describes.",
    arrangements={_name(in_flight): _arrangement(in_flight) for in_flight in (FEW, MANY)},
    statements=(
        Statement(
            "peak memory (PSS) for each further request in flight, sync - async",
            extra_kib_in_flight(peak_pss_bytes, _name(FEW), _name(MANY)),
            "KiB",
            low=0.0,
            scale=PLAIN,
        ),
        Statement(
            "unique set afterwards for each further request in flight, sync - async",
            extra_kib_in_flight(uss_bytes, _name(FEW), _name(MANY)),
            "KiB",
            scale=PLAIN,
        ),
    ),
)
