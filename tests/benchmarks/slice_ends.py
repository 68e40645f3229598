"""How right a slice's throughput is in closed load, simulated: by shares of service times, and by requests that start.

    python -m tests.benchmarks.slice_ends

USERS ask a service with one core, which works at all requests in its slots at once and lets the others queue. A
response takes 1 s of the core on average, Gamma distributed; so the throughput is 1/s but for the slice's two ends, at
which users begin together and are not replaced. Nothing is measured: the figures are the same on every machine.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from loadtests.load.orders import UNCOUNTED_SHARE
from loadtests.statistics import shares
from tests.benchmarks import markdown

USERS = 32
RESPONSES = 5
"""A slice lasts so many response times, as `profiles.closed` has it."""
SLICES = 1_000
SERVICES = ((1, 0.0), (1, 0.3), (10, 0.3), (16, 0.3), (32, 0.0), (32, 0.3), (32, 1.0))
"""Slots, and the coefficient of variation of the work."""


def main() -> None:
    header = ("slots", "variation of work", *(f"{way}, {what}" for way in ("shares", "starts") for what in _WHAT))
    markdown.show(header, (_row(slots, variation) for slots, variation in SERVICES))


_WHAT = ("error", "spread")


def _row(slots: int, variation: float) -> tuple[object, ...]:
    chance = random.Random(0)
    found = np.array([_rates_per_s(slots, variation, chance) for _ in range(SLICES)])
    each = zip(found.mean(axis=0) - 1, found.std(axis=0), strict=True)
    return slots, variation, *(f"{figure:.1%}" for both in each for figure in both)


def _rates_per_s(slots: int, variation: float, chance: random.Random) -> tuple[float, float]:
    """Of one slice: by shares, and by starts."""
    end_s = float(RESPONSES * USERS)
    begin_s = UNCOUNTED_SHARE * end_s
    starts_s, ends_s = np.array([*_slice(end_s, slots, variation, chance)]).T
    requests = pa.table({"start_s": starts_s, "service_time_ms": (ends_s - starts_s) * 1000})
    started = ((starts_s >= begin_s) & (starts_s < end_s)).sum()
    return float(shares(requests, begin_s, end_s).sum()) / (end_s - begin_s), float(started) / (end_s - begin_s)


def _slice(end_s: float, slots: int, variation: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Start and end of each request."""
    now_s, waiting, served = 0.0, deque([0.0] * USERS), list[list[float]]()
    while waiting or served:
        while waiting and len(served) < slots:
            served.append([_work_s(variation, chance), waiting.popleft()])
        ended = min(served)
        done_s, start_s = ended
        now_s += done_s * len(served)
        served.remove(ended)
        for one in served:
            one[0] -= done_s
        yield start_s, now_s
        if now_s < end_s:
            waiting.append(now_s)


def _work_s(variation: float, chance: random.Random) -> float:
    return chance.gammavariate(1 / variation**2, variation**2) if variation else 1.0


if __name__ == "__main__":
    main()
