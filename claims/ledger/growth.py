"""The same services, with Elasticsearch ever farther away."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from claims.claim import SHORT_WARM_UP_S, Arrangement, Claim, Statement
from claims.figures import growth, share_of_computed_ratio, throughput
from claims.ledger.sources import FLASK, TSUTSUMI
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import Profile

THREADS, USERS = 4, 24
LATENCIES_MS = (0, 20, 100)

_LOAD = Profile("", "closed", slice_s=1.5, slices=2, users=USERS, warm_up_slice_s=SHORT_WARM_UP_S)
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
    )
    + tuple(
        Statement(
            f"throughput, async / sync at {name}: measured / computed",
            share_of_computed_ratio(name, _NAMES[0], {"a": THREADS, "b": USERS}, latency_ms),
            "of the computed ratio",
            of_arithmetic=True,
        )
        for name, latency_ms in zip(_NAMES[1:], LATENCIES_MS[1:], strict=True)
    ),
    arithmetic=f"{THREADS} threads give at most {THREADS} / latency responses a second, {USERS} users of a service "
    f"with more connections than that {USERS} / latency, and neither gives more than without latency. What is measured "
    "is how far the ratio is from the one computed so.",
)
