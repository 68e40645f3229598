"""What becomes of a step, and the highest rate of a service whose limit is known.

Four at a time, 50 ms each, are 80 requests per second.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadtests.comparison.disturbance import Budget, Guard
from loadtests.comparison.rate.search import Outcome
from loadtests.comparison.rate.slo import Objective
from loadtests.comparison.rate.steps import Sought, Steps, Tried, judged, seek
from loadtests.options import RateOptions
from loadtests.servers import serving
from loadtests.tables import read_values
from tests.burner import Burner
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
def test_a_step_is_judged_by_its_terms_and_its_generator(
    figures: dict[str, Any], broken: list[str], outcome: Outcome, why: list[str]
) -> None:
    assert judged(replace(OPEN, **figures), broken) == (outcome, why)


@pytest.mark.parametrize(
    ("figures", "broken", "outcome", "why"),
    [
        pytest.param({}, [], Outcome.PASS, [], id="kept even so"),
        pytest.param({}, ["p99 was 300 ms"], Outcome.DISTURBED, ["other work"], id="broken"),
        pytest.param(LATE, ["p99 was 300 ms"], Outcome.DISTURBED, ["other work"], id="broken, and asked late"),
        pytest.param({"faults": ("lost",)}, [], Outcome.DISTURBED, ["other work"], id="not all of it asked"),
    ],
)
def test_other_work_excuses_what_fails_beside_it(
    figures: dict[str, Any], broken: list[str], outcome: Outcome, why: list[str]
) -> None:
    assert judged(replace(OPEN, **figures), broken, "other work") == (outcome, why)


@pytest.mark.robustness
@pytest.mark.xdist_group("twins")
def test_a_step_that_fails_beside_other_work_is_played_again(tmp_path: Path) -> None:
    """As long as the budget lasts; without a guard it fails."""
    backend = task("", {}).backend
    with ExitStack() as running:
        url = running.enter_context(known_service(tmp_path, KNOWN))
        options = RateOptions.from_environ(SEARCH | {"TARGET_A": url, "TARGET_B": url})
        [contender, _] = options.sides
        server = running.enter_context(serving(contender, "", tmp_path / "log"))
        running.enter_context(Burner())
        outcomes = {}
        for name, guard in {"guard": Guard(0.3, Budget(12.0)), "none": None}.items():
            made = tmp_path / name
            made.mkdir()
            steps = Steps(options, backend, CATALOGUE, {"a": server}, made, guard)
            _, tried = steps.offer("a", 3 * LIMIT_PER_S, Objective.parse("p90<150ms"))
            outcomes[name] = [one.outcome for one in tried]
    assert outcomes["none"] == ["fail"]
    assert set(outcomes["guard"]) == {"disturbed"}
    assert len(outcomes["guard"]) > 1


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
