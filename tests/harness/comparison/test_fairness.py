"""The declared policy of a comparison: what both contenders have as much of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.comparison.fairness import Sides, arranged, policy_note
from loadtests.comparison.store import Store
from loadtests.errors import LabError
from loadtests.options import BenchOptions
from loadtests.targets import Target
from tests.harness.comparison.comparing import SIDES
from tests.harness.conftest import BACKEND, STANDIN
from tests.harness.standin import CATALOGUE

MEMORY_MIB = 200


def under(policy: str, sides: Sides, console: Console, **more: str) -> Sides:
    options = BenchOptions.from_environ({"POLICY": policy, "USERS": "4", "WORKLOAD": "get", **more})
    return arranged(sides, options, BACKEND, CATALOGUE, console)


def with_workers(counts: Mapping[str, int]) -> Sides:
    return {side: replace(one, workers=counts[side]) for side, one in SIDES.items() if not isinstance(one, Target)}


def test_unequal_numbers_of_workers_are_refused_unless_declared(console: Console) -> None:
    unequal = with_workers({"a": 1, "b": 2})
    with pytest.raises(LabError, match=r"first 1 and second 2.*WORKERS=.*POLICY=tuned-each"):
        under("equal-workers", unequal, console)
    assert under("tuned-each", unequal, console) == unequal
    assert under("equal-workers", SIDES, console) == SIDES


def test_a_report_tells_the_policy() -> None:
    assert policy_note(BenchOptions(), SIDES) == "Policy equal-workers; workers: first 1 and second 1."
    options = BenchOptions.from_environ({"POLICY": "equal-memory"})
    expected = "Policy equal-memory; workers by what fits into 512 MiB: first 1 and second 1."
    assert policy_note(options, SIDES) == expected


@pytest.mark.robustness
def test_of_equal_memory_each_gets_the_workers_that_fit(console: Console) -> None:
    fitted = under("equal-memory", {"a": STANDIN, "b": SIDES["b"]}, console, MEMORY_MIB=str(MEMORY_MIB))
    workers = {side: one.workers for side, one in fitted.items() if not isinstance(one, Target)}
    assert all(count > 1 for count in workers.values())
    with pytest.raises(
        LabError, match=r"a worker of first and its arbiter hold \d+ MiB: give them as much by MEMORY_MIB="
    ):
        under("equal-memory", SIDES, console, MEMORY_MIB="1")


def test_a_comparison_goes_on_with_the_workers_it_was_begun_with(console: Console, tmp_path: Path) -> None:
    Store(tmp_path).remember("plan", {"contenders": {"a": {"workers": 3}, "b": {"workers": 4}}})
    assert under("equal-memory", SIDES, console, RESUME=str(tmp_path)) == with_workers({"a": 3, "b": 4})
    with pytest.raises(LabError, match="holds no comparison"):
        under("equal-memory", SIDES, console, RESUME=str(tmp_path / "none"))


def test_the_memory_of_a_running_service_can_not_be_fitted(console: Console) -> None:
    running = {**SIDES, "a": Target.at("http://127.0.0.1:8000")}
    with pytest.raises(LabError, match="contenders that the lab starts"):
        under("equal-memory", running, console)


def test_memory_is_for_the_policy_that_uses_it() -> None:
    with pytest.raises(LabError, match="MEMORY_MIB= is for POLICY=equal-memory"):
        BenchOptions.from_environ({"MEMORY_MIB": "300"})
