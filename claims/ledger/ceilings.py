"""Throughput behind a slow Elasticsearch, with unequal and with equal room for requests that wait."""

from __future__ import annotations

from dataclasses import replace

from claims.claim import SHORT_WARM_UP_S, Arrangement, Claim, Statement
from claims.figures import ratio, share_of_ceiling, throughput
from claims.ledger.sources import FLASK, SYNC_VS_ASYNC
from loadtests.contenders import named
from loadtests.load.profiles import Profile

LATENCY_MS = 200
THREADS, CONNECTIONS = 6, 18
LEAST_SHARE, MOST_SHARE = 0.85, 1.05
"""Shares of the ceiling: a request also needs some CPU time beside the latency, so somewhat less is expected."""
VANISHED = 1.1
"""The ratio at which a difference of CONNECTIONS / THREADS, which is three, counts as vanished."""

_LOAD = Profile("", "closed", slice_s=3.0, slices=1, users=24, warm_up_slice_s=SHORT_WARM_UP_S)


def _arrangement(threads: int, connections: int) -> Arrangement:
    sync, asynchronous = replace(named("sync"), threads=threads), replace(named("async"), pool=connections)
    return Arrangement(sync, asynchronous, _LOAD, latency_ms=LATENCY_MS)


CLAIM = Claim(
    name="ceilings",
    says="Sync throughput stops at workers × threads / latency, async at workers × connections / latency; with equal "
    "caps the difference mostly vanishes.",
    sources=(SYNC_VS_ASYNC, FLASK),
    how="More users than slots, and a latency beside which a request's own CPU time is small.",
    arrangements={
        "unequal caps": _arrangement(THREADS, CONNECTIONS),
        "equal caps": _arrangement(CONNECTIONS // 2, CONNECTIONS // 2),
    },
    statements=(
        Statement(
            f"sync, {THREADS} threads: throughput / (threads / latency)",
            share_of_ceiling("unequal caps", "a", THREADS, LATENCY_MS),
            "of the ceiling",
            LEAST_SHARE,
            MOST_SHARE,
            of_arithmetic=True,
        ),
        Statement(
            f"async, {CONNECTIONS} connections: throughput / (connections / latency)",
            share_of_ceiling("unequal caps", "b", CONNECTIONS, LATENCY_MS),
            "of the ceiling",
            LEAST_SHARE,
            MOST_SHARE,
            of_arithmetic=True,
        ),
        Statement(
            f"{CONNECTIONS // 2} threads against {CONNECTIONS // 2} connections: throughput, async / sync",
            ratio(throughput, "equal caps"),
            "×",
            1 / VANISHED,
            VANISHED,
            of_arithmetic=True,
        ),
    ),
    arithmetic="N requests in flight, each for the latency, are at most N / latency responses a second (Denning and "
    "Buzen, 1978), and equal caps give equal ceilings. What is measured is by how much the services stay below.",
)
