"""The slowest responses close to saturation."""

from __future__ import annotations

from dataclasses import replace

from claims.claim import Arrangement, Claim, Share, Statement
from claims.figures import p99_ms, ratio
from claims.ledger.sources import PATERSON
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import Profile

LATENCY_MS = 20
SHARE = 0.8
USERS = 32
_SYNC = replace(named("sync"), threads=USERS)

CLAIM = Claim(
    name="tail",
    says="Async has the worse p99 near saturation.",
    sources=(PATERSON,),
    how=f"Arrivals that do not wait for responses: each side gets {SHARE:.0%} of its own highest throughput, which is "
    "measured anew in each round, so that both are equally near to saturation. Elasticsearch is "
    f"{LATENCY_MS} ms away, and each user finds a thread or a connection free, so that the CPU is nearly used up. "
    "Response times count from the intended start.",
    arrangements={
        "at most": Arrangement(
            _SYNC,
            named("async"),
            Profile("", "closed", slice_s=2.0, slices=2, users=USERS),
            latency_ms=LATENCY_MS,
        ),
        "near saturation": Arrangement(
            _SYNC,
            named("async"),
            Profile("", "open", slice_s=4.0, slices=2),
            latency_ms=LATENCY_MS,
            rate=Share("at most", SHARE),
        ),
    },
    statements=(
        Statement(
            "p99 of response times, async / sync, each at its own rate",
            ratio(p99_ms, "near saturation"),
            "×",
            low=EQUIVALENT_RATIO,
        ),
    ),
)
