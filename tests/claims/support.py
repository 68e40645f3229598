"""Readings and trials that never took place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from claims.claim import Arrangement, Claim, Reading, Round, Source, Statement
from claims.figures import ratio, throughput
from claims.trial import Trial, conclude
from loadtests.comparison.figures import Block, EndpointFigures
from loadtests.contenders import named
from loadtests.load.profiles import Profile
from loadtests.statistics import ALL

LOAD = Profile("", "closed", slice_s=1.0, slices=1, users=8)
ARRANGEMENT = Arrangement(named("sync"), named("async"), LOAD, latency_ms=20)
BEGAN = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
FASTER = Statement("throughput, async / sync", ratio(throughput, "here"), "×", low=1.05)
CLAIM = Claim(
    "faster",
    "Async is <faster>.",
    (Source("Somebody & somebody else", "https://example.org/"),),
    "As ever.",
    {"here": ARRANGEMENT},
    (FASTER,),
)


def reading(per_s: float = 100.0, p99_ms: float | None = 50.0, **of_block: Any) -> Reading:
    usual: dict[str, Any] = {
        "profile": "here", "pair": 1, "side": "a", "contender": "sync", "position": 1, "counted_s": 2.0,
        "requests": 200, "failures": 0, "arrivals": None, "dropped": 0, "failed_share": 0.0,
        "cpu_ms_per_correct_answer": 2.5, "server_cores": 0.5, "backend_cores": 0.5, "generator_cores": 0.2,
        "machine_cores": 1.2, "peak_rss_bytes": 110 * 1024**2, "peak_pss_bytes": 100 * 1024**2, "uss_bytes": None,
        "threads": 16, "file_descriptors": 30, "in_flight": 8.0, "lateness_p99_ms": None, "unsteady": False,
        "bottleneck": "slots", "invalid": None,
    }  # fmt: skip
    block = Block(**usual | {"correct_answers_per_s": per_s} | of_block)
    times_ms = dict.fromkeys(("generator_ms", "queue_ms", "app_ms", "es_ms"))
    return Reading(block, EndpointFigures("here", 1, "a", ALL, 200, 0, 10.0, 20.0, p99_ms, 10.0, 20.0, **times_ms))


def rounds(*ratios: float) -> list[Round]:
    """In each of which async had so many times the throughput."""
    return [{"here": {"a": reading(100.0), "b": reading(100.0 * one, contender="async")}} for one in ratios]


def trial(played: Sequence[Round], claim: Claim = CLAIM, invalid: tuple[str, ...] = ()) -> Trial:
    return replace(conclude(claim, played, invalid, BEGAN), seconds=12.5)
