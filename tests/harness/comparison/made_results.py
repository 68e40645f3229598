"""Comparisons that never took place, the same for the same seed: what a report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loadtests.comparison.figures import Block, Bottleneck, EndpointFigures, Side, Slice
from loadtests.comparison.result import Prediction, Result
from loadtests.comparison.verdict.decisions import Decision, Verdict
from loadtests.comparison.verdict.metrics import METRICS, primaries
from loadtests.load.profiles import Profile
from loadtests.resources.sampler import Sample
from loadtests.statistics import ALL

ENDPOINTS = ("get", "search", "similar", "dashboard", "create")
PEAK = Profile("peak", "closed", slice_s=1.0, slices=12, users=32)
STEADY = Profile("steady", "open", slice_s=5.0, slices=6, rate_per_s=150.0)
BURST = Profile(
    "burst", "burst", slice_s=15.0, slices=4, rate_per_s=240.0, segments=((30.0, 3.0), (240.0, 3.0), (30.0, 9.0))
)
SIDES: tuple[Side, Side] = ("a", "b")
_B_COSTS = 0.85
_USUAL: dict[str, tuple[float, float, float, float, Verdict]] = {
    "correct_answers_per_s": (230.0, 1.16, 1.12, 1.20, "better"),
    "p50_ms": (18.0, 1.01, 0.98, 1.04, "equivalent"),
    "p95_ms": (60.0, 0.94, 0.88, 1.01, "inconclusive"),
    "p99_ms": (95.0, 1.09, 1.05, 1.13, "worse"),
    "cpu_ms_per_correct_answer": (2.8, 0.77, 0.74, 0.80, "better"),
    "peak_pss_bytes": (168e6, 0.9, 0.87, 0.93, "better"),
    "peak_rss_bytes": (190e6, 0.9, 0.87, 0.93, "better"),
    "failed_share": (0.0, 0.0, 0.0, 0.0, "equivalent"),
    "recovery_s": (2.0, 0.9, 0.7, 1.2, "inconclusive"),
}
"""Of a metric: what a has, b's ratio (or difference) with its interval, and the word for it."""


@dataclass(frozen=True)
class Measured:
    """What `report.write` is given."""

    result: Result
    requests: dict[str, pa.Table]
    resources: dict[tuple[str, int], list[Sample]]


def measured(pairs: int = 10, profiles: tuple[Profile, ...] = (PEAK, STEADY), seed: int = 1) -> Measured:
    """b is somewhat faster than a, and costs less."""
    random = np.random.default_rng(seed)
    requests = {profile.name: _requests(profile, pairs, random) for profile in profiles}
    slices = [one for profile in profiles for one in _slices(profile, requests[profile.name], random)]
    result = Result(
        folder="20261122T160000Z-compare",
        started="2026-11-22T16:00:00+00:00",
        quick=False,
        contenders={
            "a": {"name": "sync", "title": "sync twin (Flask, gunicorn)", "workers": 1, "threads": 16, "pool": None},
            "b": {
                "name": "async",
                "title": "async twin (aioflask, uvicorn)",
                "workers": 1,
                "threads": None,
                "pool": 100,
            },
        },
        conditions=CONDITIONS,
        workload="mixed",
        profiles=list(profiles),
        predictions=[
            Prediction("a", "sync", 16, 12.4, 1290.3, 262.1, 231.7),
            Prediction("b", "async", 100, 13.1, 7633.6, 301.4, None),
        ],
        generator_ceiling_per_s=2950.0,
        slices=slices,
        blocks=[_block(profile, number, side, slices, random) for profile, number, side in _keys(profiles, pairs)],
        endpoints=[
            _endpoint(profile, number, side, endpoint, random)
            for profile, number, side in _keys(profiles, pairs)
            for endpoint in (ALL, *ENDPOINTS)
        ],
        decisions=[one for profile in profiles for one in decisions(profile, pairs)],
        noise_floor={
            "peak/correct_answers_per_s": 0.021,
            "peak/cpu_ms_per_correct_answer": 0.015,
            "steady/p50_ms": 0.03,
        },
        notes=["Elasticsearch ran on the same machine."],
        command="make bench A=sync B=async PAIRS=10",
    )
    resources = {
        (profile.name, number): _samples(profile, random) for profile, number in product(profiles, range(1, pairs + 1))
    }
    return Measured(result, requests, resources)


def decisions(profile: Profile, pairs: int) -> list[Decision]:
    """One of each metric of the profile, and in open load one of each percentile of each endpoint."""
    names = [name for name, metric in METRICS.items() if profile.kind in metric.kinds]
    per_endpoint = [name for name in names if name in ("p50_ms", "p95_ms", "p99_ms")]
    keys = [*product([ALL], names), *product(ENDPOINTS, per_endpoint)]
    return [decision(profile.name, name, endpoint=endpoint, pairs=pairs) for endpoint, name in keys]


def decision(profile: str, metric: str, *, endpoint: str = ALL, pairs: int = 10, **changes: Any) -> Decision:
    a, ratio, low, high, verdict = _USUAL[metric]
    b = a + ratio if METRICS[metric].by_difference else a * ratio
    p = 0.0004 if verdict in ("better", "worse") else 0.4
    is_primary = endpoint == ALL and (profile, metric) in primaries(["peak", "steady"])
    usual = Decision(
        profile, endpoint, metric, pairs, a, b, ratio, low, high, p * 5, p, min(1.0, p * 9) if is_primary else None,
        verdict if is_primary else None, "t", 0.043 if is_primary else None,
    )  # fmt: skip
    return replace(usual, **changes)


def several(given: Measured, names: Sequence[str]) -> Measured:
    """Of so many contenders: a is as it was, and all others did what b did."""
    was, sides = given.result, dict(zip("abcdefgh", names, strict=False))
    others = [side for side in sides if side != "a"]
    result = replace(
        was,
        contenders={
            side: was.contenders["a" if side == "a" else "b"] | {"name": name, "title": name}
            for side, name in sides.items()
        },
        slices=_spread(was.slices, others),
        blocks=[replace(one, contender=sides[one.side]) for one in _spread(was.blocks, others)],
        endpoints=_spread(was.endpoints, others),
        predictions=_spread(was.predictions, others),
        decisions=[replace(one, side=side) for one in was.decisions for side in others],
    )
    requests = {
        profile: pa.concat_tables(
            [
                table.filter(pc.field("side") == "a"),
                *(_of_side(table.filter(pc.field("side") == "b"), side) for side in others),
            ]
        )
        for profile, table in given.requests.items()
    }
    resources = {
        key: [
            *(one for one in samples if one.group != "server-b"),
            *(replace(one, group=f"server-{side}") for side in others for one in samples if one.group == "server-b"),
        ]
        for key, samples in given.resources.items()
    }
    return Measured(result, requests, resources)


def _spread(rows: Sequence[Any], others: Sequence[Side]) -> list[Any]:
    """Those of a, and those of b once for each other side."""
    of_b = [one for one in rows if one.side == "b"]
    return [*(one for one in rows if one.side == "a"), *(replace(one, side=side) for side in others for one in of_b)]


def _of_side(requests: pa.Table, side: Side) -> pa.Table:
    place = requests.column_names.index("side")
    return requests.set_column(place, "side", pa.array([side] * requests.num_rows, pa.string()))


def deciding(result: Result, *chosen: Decision) -> Result:
    """The result with these decisions and no others."""
    return replace(result, decisions=list(chosen))


def spoilt(result: Result, reason: str, *, only: Mapping[str, Any]) -> Result:
    """The result in which blocks with these attributes are invalid."""
    blocks = [
        replace(block, invalid=reason, bottleneck="generator") if _fits(block, only) else block
        for block in result.blocks
    ]
    return replace(result, blocks=blocks)


CONDITIONS: dict[str, Any] = {
    "machine": {
        "cpu": "Intel(R) Xeon(R) Processor @ 2.80GHz", "cores": 2, "governor": None, "memory_bytes": 25276510208,
        "kernel": "6.18.44", "system": "Linux",
    },
    "python": "3.11.7",
    "packages": {
        "Flask": "2.1.3", "Werkzeug": "2.2.3", "aioflask": "0.4.0", "elasticsearch": "8.19.3", "gunicorn": "27.0.1",
        "uvicorn": "0.54.0", "uvloop": "0.23.0", "locust": "2.47.0", "altair": "6.3.0", "numpy": "2.4.6",
    },
    "code": {"commit": "336f40163dfed22d1cee9c35ee542646743e70a8", "sources_sha256": "2db514cdfcf6fc82" * 4},
    "backend": {
        "mode": "embedded", "version": "8.17.10", "heap": "1g", "documents": 10000,
        "corpus_sha256": "834e30b535293d49" * 4,
    },
    "server": {"workers": 1, "threads": 16, "environment": {}},
}  # fmt: skip


def _fits(block: Block, only: Mapping[str, Any]) -> bool:
    return all(getattr(block, name) == value for name, value in only.items())


def _keys(profiles: tuple[Profile, ...], pairs: int) -> list[tuple[Profile, int, Side]]:
    return list(product(profiles, range(1, pairs + 1), SIDES))


def _first(number: int) -> int:
    """Which side a pair loads first."""
    return number % 2


def _requests(profile: Profile, pairs: int, random: np.random.Generator) -> pa.Table:
    parts = [
        _of_slice(profile, pair, number, SIDES[(number + number // 2 + _first(pair)) % 2], random)
        for pair in range(1, pairs + 1)
        for number in range(1, profile.slices + 1)
    ]
    return pa.concat_tables(parts)


def _of_slice(profile: Profile, pair: int, number: int, side: Side, random: np.random.Generator) -> pa.Table:
    due_s = _due_s(profile, side, random)
    count, intended_s = len(due_s), due_s + (number - 1) * profile.slice_s
    drift = 1 + 0.2 * np.sin((number + pair * 5) / 4)
    service_ms = random.lognormal(np.log(18 * drift), 0.55, count) + (random.random(count) < 0.01) * 60
    waits_s = random.exponential(0.0004, count) if profile.kind == "open" else np.zeros(count)
    return pa.table(
        {
            "endpoint": random.choice(ENDPOINTS, count),
            "side": [side] * count,
            "pair": np.full(count, pair, dtype=np.int32),
            "slice": np.full(count, number, dtype=np.int32),
            "start_s": intended_s + waits_s,
            "intended_s": intended_s,
            "service_time_ms": service_ms * (1.0 if side == "a" else 0.94),
            "status": np.full(count, 200, dtype=np.int32),
            "bytes": np.full(count, 900),
            "es_ms": service_ms * 0.5,
            "app_ms": service_ms * 0.8,
            "failure": pa.nulls(count, pa.string()),
        }
    )


def _due_s(profile: Profile, side: Side, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """When requests are due in a slice, after its first tenth."""
    usual_per_s = profile.rate_per_s or 230.0 * (1.16 if side == "b" else 1.0)
    segments = profile.segments or ((usual_per_s, profile.slice_s),)
    begins_s = np.cumsum([0.0, *(length_s for _, length_s in segments)])
    parts = [
        begin_s + random.uniform(0, length_s, random.poisson(rate_per_s * length_s))
        for begin_s, (rate_per_s, length_s) in zip(begins_s, segments, strict=False)
    ]
    due_s = np.concatenate(parts)
    return due_s[due_s >= 0.1 * profile.slice_s]


def _slices(profile: Profile, requests: pa.Table, random: np.random.Generator) -> list[Slice]:
    frame = {name: requests[name].to_numpy() for name in ("pair", "slice", "start_s", "intended_s", "service_time_ms")}
    sides = np.array(requests["side"].to_pylist())
    times_ms = (frame["start_s"] - frame["intended_s"]) * 1000 + frame["service_time_ms"]
    keys = sorted(set(zip(frame["pair"].tolist(), frame["slice"].tolist(), sides.tolist(), strict=True)))
    counted_s = profile.slice_s * 0.9
    slices = []
    for pair, number, side in keys:
        ours = times_ms[(frame["pair"] == pair) & (frame["slice"] == number)]
        cpu_ms = 2.8 * (_B_COSTS if side == "b" else 1) * random.normal(1, 0.06)
        p99_ms = float(np.quantile(ours, 0.99)) if len(ours) >= 100 else None
        slices.append(
            Slice(
                profile.name, pair, number, side, (number - 1) * profile.slice_s, counted_s, len(ours), 0, 0,
                len(ours) / counted_s, float(ours.mean()), float(np.median(ours)), p99_ms, cpu_ms, 1.4, 0.9,
            )
        )  # fmt: skip
    return slices


def _block(profile: Profile, pair: int, side: Side, slices: list[Slice], random: np.random.Generator) -> Block:
    ours = [one for one in slices if (one.profile, one.pair, one.side) == (profile.name, pair, side)]
    workers_pss_bytes = int(148e6 * (_B_COSTS if side == "b" else 1) * random.normal(1, 0.01))
    bottleneck: Bottleneck = "server" if profile.kind == "closed" else "none"
    return Block(
        profile.name, pair, side, {"a": "sync", "b": "async"}[side], 1 + (SIDES[_first(pair)] == side),
        sum(one.counted_s for one in ours),
        sum(one.requests for one in ours),
        failures=0,
        arrivals=sum(one.requests for one in ours) if profile.kind == "open" else None,
        dropped=0,
        correct_answers_per_s=float(np.mean([one.correct_answers_per_s for one in ours])),
        failed_share=0.0,
        cpu_ms_per_correct_answer=float(np.mean([one.server_cpu_ms_per_correct_answer or 0 for one in ours])),
        server_cores=0.8, backend_cores=0.5, generator_cores=0.2, machine_cores=1.6,
        peak_rss_bytes=workers_pss_bytes + 40_000_000,
        uss_bytes=120_000_000, threads=18, file_descriptors=40, in_flight=31.5,
        lateness_p99_ms=0.6 if profile.kind == "open" else None,
        unsteady=False, bottleneck=bottleneck, invalid=None,
        recovery_s=2.0 * random.normal(1, 0.1) if profile.kind == "burst" else None,
        peak_pss_bytes=workers_pss_bytes + 20_000_000,
        arbiter_pss_bytes=20_000_000, workers_pss_bytes=workers_pss_bytes,
        context_switches_per_request=7.5, other_cores=0.04, run_queue_share=0.06, heartbeat_lag_ms=2.1,
    )  # fmt: skip


def _endpoint(profile: Profile, pair: int, side: Side, endpoint: str, random: np.random.Generator) -> EndpointFigures:
    scale = {"dashboard": 3.0, "similar": 1.6}.get(endpoint, 1.0) * random.normal(1, 0.05)
    app_share = 0.6 if side == "b" else 1.0
    p50_ms, p95_ms, p99_ms = (scale * time_ms for time_ms in (18.0, 60.0, 95.0 * (1.09 if side == "b" else 1)))
    generator_ms = 0.4 if profile.kind == "open" else 0.0
    return EndpointFigures(
        profile.name, pair, side, endpoint, 400, 0, p50_ms, p95_ms, p99_ms, p50_ms, p99_ms,
        generator_ms, 4.0 * scale, 6.0 * scale * app_share, 9.0 * scale,
    )  # fmt: skip


def _samples(profile: Profile, random: np.random.Generator) -> list[Sample]:
    """Four times a second, from a second before the first slice."""
    cores = {"server-a": 0.8, "server-b": 0.7, "backend": 0.5, "generator": 0.2}
    rss_bytes = {"server-a": 168e6, "server-b": 141e6, "backend": 1.4e9, "generator": 95e6}
    moments_s = np.arange(-1, profile.slices * profile.slice_s, 0.25)
    return [
        Sample(float(t_s), group, float(cpu_s), int(rss_bytes[group] * (1 + 0.02 * t_s / moments_s[-1])), 18, 40)
        for group, share in cores.items()
        for t_s, cpu_s in zip(
            moments_s, np.cumsum(share * 0.25 * random.uniform(0.4, 1.2, len(moments_s))), strict=True
        )
    ]
