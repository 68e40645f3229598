"""Work that waits for nothing."""

from __future__ import annotations

from claims.claim import NOISY_ROUNDS, Arrangement, Claim, Statement
from claims.figures import ratio, throughput
from claims.ledger.sources import FLASK
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.contenders import named
from loadtests.load.profiles import closed

USERS = 8

CLAIM = Claim(
    name="cpu-bound",
    says="Async is no faster for CPU-bound work.",
    sources=(FLASK,),
    how="The page with an empty form: templates are rendered, without a request to Elasticsearch. No faster means "
    "not by more than 5%.",
    arrangements={
        "rendering": Arrangement(named("sync"), named("async"), closed("", USERS, quick=False), workload="form")
    },
    statements=(Statement("throughput, async / sync", ratio(throughput, "rendering"), "×", high=EQUIVALENT_RATIO),),
    rounds=NOISY_ROUNDS,
)
