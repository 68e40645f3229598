"""The only published figure of aioflask beside Flask."""

from __future__ import annotations

from claims.claim import NOISY_ROUNDS, Arrangement, Claim, Statement
from claims.figures import ratio, throughput
from claims.ledger.sources import GRINBERG
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import Profile

PUBLISHED = 1.08
LATENCY_MS = 20

CLAIM = Claim(
    name="published",
    says=f"aioflask has about {PUBLISHED} times Flask's throughput behind a backend of {LATENCY_MS} ms.",
    sources=(GRINBERG,),
    how="The twins in their own sizes: a worker each, 16 threads against 100 connections, and as many users as keep "
    "both busy. About means give or take 5%. The published figure is of another machine, of "
    "several workers, and of PostgreSQL.",
    arrangements={
        f"{LATENCY_MS} ms": Arrangement(
            named("sync"),
            named("async"),
            Profile("", "closed", slice_s=2.0, slices=2, users=32),
            latency_ms=LATENCY_MS,
        )
    },
    statements=(
        Statement(
            "throughput, async / sync",
            ratio(throughput, f"{LATENCY_MS} ms"),
            "×",
            PUBLISHED / EQUIVALENT_RATIO,
            PUBLISHED * EQUIVALENT_RATIO,
        ),
    ),
    rounds=NOISY_ROUNDS,
)
