"""Values of made-up comparisons, and what a made-up block shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadtests.comparison.bottleneck import Evidence
from loadtests.comparison.verdict.metrics import Value
from loadtests.statistics import ALL


def values_of(
    metric: str,
    a: Sequence[float | None],
    b: Sequence[float | None],
    profile: str = "steady",
    endpoint: str = ALL,
) -> Iterator[Value]:
    """Of pairs 1, 2, …: what a had, and what b had."""
    for pair, (of_a, of_b) in enumerate(zip(a, b, strict=True), start=1):
        yield Value(profile, pair, "a", endpoint, metric, of_a)
        yield Value(profile, pair, "b", endpoint, metric, of_b)


OPEN = Evidence(
    "open", faults=(), lateness_p50_ms=0.4, lateness_p99_ms=4, littles_law_error=None, generator_cores=(0.2,),
    server_cores=0.4, workers=1, backend_cores=0.3, in_flight=2, slots=16, machine_busy_share=0.5,
)  # fmt: skip
"""Of a block of open load that nothing limited."""
