"""The metrics on which a verdict is given, and their values in the blocks of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loadtests.comparison.figures import Block, EndpointFigures, Side
from loadtests.statistics import ALL


@dataclass(frozen=True)
class Metric:
    """`name` is the field that holds it; `better` tells which way is faster.

    It is judged in profiles of the kinds named, by the ratio b / a, or, where zero is a usual value,
    by the difference b - a.
    """

    name: str
    title: str
    unit: str
    better: str
    kinds: tuple[str, ...]
    by_difference: bool = False


METRICS = {
    metric.name: metric
    for metric in (
        Metric("correct_answers_per_s", "Throughput", "correct answers/s", "higher", ("closed",)),
        Metric("p50_ms", "Response time, p50", "ms", "lower", ("open", "burst")),
        Metric("p95_ms", "Response time, p95", "ms", "lower", ("open", "burst")),
        Metric("p99_ms", "Response time, p99", "ms", "lower", ("open", "burst")),
        Metric(
            "cpu_ms_per_correct_answer", "Server CPU", "ms per correct answer", "lower", ("closed", "open", "burst")
        ),
        Metric("peak_rss_bytes", "Peak memory", "bytes", "lower", ("closed", "open", "burst")),
        Metric("recovery_s", "Recovery from a burst", "s", "lower", ("burst",)),
        Metric(
            "failed_share", "Failures", "share of requests", "lower", ("closed", "open", "burst"), by_difference=True
        ),
    )
}

_OF_ENDPOINTS = ("p50_ms", "p95_ms", "p99_ms")


@dataclass(frozen=True)
class Value:
    """One metric of one block, of all endpoints together or of one."""

    profile: str
    pair: int
    side: Side
    endpoint: str
    metric: str
    value: float | None


def values(kind: str, blocks: Iterable[Block], endpoints: Iterable[EndpointFigures]) -> Iterator[Value]:
    """Every value on which a profile of this kind is judged; blocks that are invalid are left out."""
    valid = {(block.profile, block.pair, block.side): block for block in blocks if block.invalid is None}
    names = [metric.name for metric in METRICS.values() if kind in metric.kinds]
    for block in valid.values():
        for name in names:
            if name not in _OF_ENDPOINTS:
                yield Value(block.profile, block.pair, block.side, ALL, name, getattr(block, name))
    for row in endpoints:
        if (row.profile, row.pair, row.side) in valid:
            for name in names:
                if name in _OF_ENDPOINTS:
                    yield Value(row.profile, row.pair, row.side, row.endpoint, name, getattr(row, name))
