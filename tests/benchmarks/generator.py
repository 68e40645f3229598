"""One generator process, as a comparison has it, for demonstrations of what it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from loadtests.comparison.measure import with_response_times
from loadtests.load import records
from loadtests.load.conductor import Conductor, conducting
from loadtests.load.orders import NULL, Generators, Order
from tests.harness.standin import CATALOGUE


@contextmanager
def generating(folder: Path) -> Iterator[Conductor]:
    with conducting(Generators(1), CATALOGUE, folder, workload="get", label="demonstration") as conductor:
        conductor.wait_ready()
        yield conductor


def closed(url: str, users: int, duration_s: float, number: int = 1) -> Order:
    """Users who ask for nothing in particular."""
    return Order(number, NULL, url, 0, duration_s, users=users)


def at_rate(url: str, rate_per_s: float, duration_s: float, seed: str, number: int = 1) -> Order:
    """Arrivals that ask for nothing in particular."""
    return Order(number, NULL, url, 0, duration_s, segments=((rate_per_s, duration_s),), seed=seed)


def recorded(conductor: Conductor, number: int = 1) -> pa.Table:
    """The requests of a slice with their response times, once the generator has ended."""
    requests = with_response_times(records.read(conductor.records, 0))
    return requests.filter(pc.equal(requests["slice"], number))
