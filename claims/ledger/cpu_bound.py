"""Work that waits for nothing."""

from __future__ import annotations

from claims.claim import NOISY_ROUNDS, Arrangement, Claim, Statement
from claims.figures import ratio, throughput
from claims.ledger.sources import FLASK
from loadtests.comparison.verdict.metrics import EQUIVALENT_RATIO
from loadtests.comparison.verdict.sessions import LEAST_TO_POOL
from loadtests.contenders import named
from loadtests.load.profiles import closed

USERS = 8

CLAIM = Claim(
    name="cpu-bound",
    says="Async is no faster for CPU-bound work.",
    sources=(FLASK,),
    how="The page with an empty form: templates are rendered, without a request to Elasticsearch. Both sides have the "
    "same server, uvicorn's worker under gunicorn, and the same framework, aioflask: one has the sync twin's plain "
    "views, the other the async twin's. Servers apart would be compared besides, and gthread's threads hand the "
    f"interpreter's lock from core to core. Sessions of this work differ from hour to hour, so {LEAST_TO_POOL} of them "
    "decide. No faster means not by more than 5%.",
    arrangements={
        "rendering": Arrangement(
            named("sync-uvicorn"), named("async-gunicorn"), closed("", USERS, quick=False), workload="form"
        )
    },
    statements=(
        Statement("throughput, async views / plain ones", ratio(throughput, "rendering"), "×", high=EQUIVALENT_RATIO),
    ),
    rounds=NOISY_ROUNDS,
    sessions=LEAST_TO_POOL,
)
