"""Values of made-up comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadtests.comparison.metrics import Value
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
