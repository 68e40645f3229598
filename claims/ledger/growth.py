"""The same services, with Elasticsearch ever farther away."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from claims.claim import SHORT_WARM_UP_S, Arrangement, Claim, Statement
from claims.figures import growth, throughput
from claims.ledger.sources import FLASK, TSUTSUMI
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import Profile

THREADS = 4
LATENCIES_MS = (0, 20, 100)

_LOAD = Profile("", "closed", slice_s=1.5, slices=2, users=24, warm_up_slice_s=SHORT_WARM_UP_S)
_NAMES = [f"{latency_ms} ms" for latency_ms in LATENCIES_MS]

CLAIM = Claim(
    name="growth",
    says="The advantage of async grows with the backend's latency, at a fixed number of threads.",
    sources=(FLASK, TSUTSUMI),
    how=f"{THREADS} threads against 100 connections, and more users than threads. A round has a pair at each latency, "
    "so that the ratios of one round are of one time.",
    arrangements={
        name: Arrangement(replace(named("sync"), threads=THREADS), named("async"), _LOAD, latency_ms=latency_ms)
        for name, latency_ms in zip(_NAMES, LATENCIES_MS, strict=True)
    },
    statements=tuple(
        Statement(
            f"throughput, async / sync: how many times as large at {after} as at {before}",
            growth(throughput, before, after),
            "×",
            low=EQUIVALENT_RATIO,
        )
        for before, after in pairwise(_NAMES)
    ),
)
