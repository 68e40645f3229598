"""What becomes of a step, and the highest rate of a service whose limit is known.

Four at a time, 50 ms each, are 80 requests per second.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadtests.comparison.rate.search import Outcome
from loadtests.comparison.rate.steps import Sought, Tried, judged, seek
from loadtests.options import RateOptions
from loadtests.tables import read_values
from tests.harness.comparison.comparing import task
from tests.harness.comparison.support import OPEN
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour, known_service

LIMIT_PER_S = 80
KNOWN = Behaviour(delay_ms=50, slots=4)
LATE = {"lateness_p99_ms": 300.0}
SEARCH = {"SLO": "p90<150ms,errors<1%", "STEP": "3s", "WORKLOAD": "get", "USERS": "8", "BUSY": "1"}


@pytest.fixture
def sought(tmp_path: Path, library_url: str, console: Console) -> Sought:
    """Of the service, and of one that is twice as fast."""
    backend = task(library_url, {}).backend
    with known_service(tmp_path, KNOWN) as a, known_service(tmp_path, replace(KNOWN, slots=8)) as b:
        options = RateOptions.from_environ(SEARCH | {"TARGET_A": a, "TARGET_B": b})
        return seek(options, backend, CATALOGUE, console, tmp_path)


@pytest.mark.parametrize(
    ("figures", "broken", "outcome", "why"),
    [
        pytest.param({}, [], Outcome.PASS, [], id="all kept"),
        pytest.param({}, ["p99 was 300 ms"], Outcome.FAIL, ["p99 was 300 ms"], id="broken"),
        pytest.param(LATE, [], Outcome.PASS, [], id="kept by what was asked late"),
        pytest.param(
            LATE, ["p99 was 300 ms"], Outcome.GENERATOR_LIMITED,
            ["generator: it sent 300.0 ms late (p99), 200.0 ms are allowed"], id="broken, and asked late",
        ),
        pytest.param(
            {}, ["2 arrivals found no room in the generator"], Outcome.FAIL,
            ["2 arrivals found no room in the generator"], id="dropped, for too many waited",
        ),
        pytest.param(
            {"faults": ("process 1 (host) was lost",)}, [], Outcome.GENERATOR_LIMITED,
            ["generator: process 1 (host) was lost"], id="not all of it asked",
        ),
    ],
)  # fmt: skip
def test_a_step_is_judged(figures: dict[str, Any], broken: list[str], outcome: Outcome, why: list[str]) -> None:
    assert judged(replace(OPEN, **figures), broken) == (outcome, why)


@pytest.mark.robustness
@pytest.mark.xdist_group("twins")
def test_the_search_finds_an_interval_that_has_the_limit(sought: Sought, tmp_path: Path) -> None:
    for found, limit_per_s in zip(sought.sustained.values(), (LIMIT_PER_S, 2 * LIMIT_PER_S), strict=True):
        assert found.low_per_s is not None
        assert found.high_per_s is not None
        assert 0.7 * limit_per_s < found.low_per_s < found.high_per_s < 1.2 * limit_per_s
    tried = read_values(tmp_path / sought.folder / "steps.csv", Tried)
    assert [one.side for one in tried[:4]] == ["a", "b", "a", "b"]
    assert {one.outcome for one in tried} >= {"pass", "fail"}
