"""The declaration alone: the sync twin against itself with every view declared `async def`."""

from __future__ import annotations

from claims.claim import NOISY_ROUNDS, Arrangement, Claim, Statement
from claims.figures import ratio, throughput
from claims.ledger.sources import DJANGO, FLASK
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import closed

USERS = 8

CLAIM = Claim(
    name="async-def",
    says="An `async def` view under WSGI is slower than a plain one.",
    sources=(DJANGO, FLASK),
    how="Both are the sync twin, with the same client and its connections; one declares its views `async def`, and so "
    "has an event loop started for each request. An AsyncElasticsearch would have to be opened and closed for each "
    "request besides, because no client outlives its loop: that is another cost, left out here. Slower means by "
    "more than 5%.",
    arrangements={
        "get": Arrangement(named("sync"), named("sync-async-def"), closed("", USERS, quick=False)),
    },
    statements=(Statement("throughput, async def / def", ratio(throughput, "get"), "×", high=1 / EQUIVALENT_RATIO),),
    rounds=NOISY_ROUNDS,
)
