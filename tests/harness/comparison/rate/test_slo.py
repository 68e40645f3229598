"""Objectives are read, or refused with what is allowed; a step keeps them or says what it broke."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadtests.comparison.rate.slo import ErrorLimit, Objective, Step, TimeLimit, failings
from loadtests.errors import LabError

OBJECTIVE = Objective.parse("p99<200ms,errors<0.1%")
STEP = Step(
    rate_per_s=100, offered=1_000, dropped=0, completed=1_000, failures=0,
    response_times_ms=[50.0] * 990 + [300.0] * 10, in_flight=[5, 6, 4, 7, 5, 6, 4, 5, 6, 5],
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("p99<200ms,errors<0.1%", (TimeLimit("p99", 200), ErrorLimit(0.001))),
        (" p99.9 < 1.5 s , max<2s", (TimeLimit("p99.9", 1_500), TimeLimit("max", 2_000))),
        ("errors < 5 %", (ErrorLimit(0.05),)),
    ],
)
def test_an_objective_is_read(text: str, terms: tuple[TimeLimit | ErrorLimit, ...]) -> None:
    assert Objective.parse(text) == Objective(terms)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("", "''"),
        ("p99<200", "'p99<200'"),
        ("p98<200ms", "'p98<200ms'"),
        ("p99>200ms", "'p99>200ms'"),
        ("p99<0ms", "'p99<0ms'"),
        ("errors<1ms", "'errors<1ms'"),
        ("p99<200ms,errors<0%,fast", "'errors<0%', 'fast'"),
        ("p99<200ms,", "''"),
    ],
)
def test_each_bad_term_is_named_with_what_is_allowed(text: str, bad: str) -> None:
    with pytest.raises(LabError) as refused:
        Objective.parse(text)
    assert str(refused.value) == (
        f"SLO: {bad}: give p50, p90, p95, p99, p99.9, max < a duration in ms or s, "
        "or errors < a percentage, above zero: p99<200ms,errors<0.1%"
    )


@pytest.mark.parametrize(("text", "requests"), [("p50<1s", 2), ("p99<1s,p99.9<2s", 1_000), ("errors<1%", 1)])
def test_a_step_needs_the_requests_of_its_rarest_percentile(text: str, requests: int) -> None:
    assert Objective.parse(text).least_requests == requests


def test_a_good_step_has_no_failings() -> None:
    assert failings(OBJECTIVE, STEP) == []


@pytest.mark.parametrize(
    ("figures", "failing"),
    [
        ({"response_times_ms": [50.0] * 989 + [300.0] * 11}, "p99 was 300 ms, the objective is below 200 ms"),
        ({"response_times_ms": [200.0] * 1_000}, "p99 was 200 ms, the objective is below 200 ms"),
        ({"response_times_ms": [50.0] * 99}, "p99 needs 100 requests, not 99"),
        ({"failures": 1}, "errors were 1 of 1000, the objective is below 0.1000%"),
        ({"completed": 989}, "989 of 1000 arrivals completed, 99% must"),
        ({"in_flight": [*range(5, 45)]}, "the number in flight grew"),
    ],
)
def test_a_step_fails_by(figures: dict[str, Any], failing: str) -> None:
    assert failings(OBJECTIVE, replace(STEP, **figures)) == [failing]


def test_dropped_arrivals_are_errors_too() -> None:
    assert failings(OBJECTIVE, replace(STEP, failures=1, dropped=2, completed=998)) == [
        "errors were 3 of 1000, the objective is below 0.1000%",
        "2 arrivals found no room in the generator",
    ]


@pytest.mark.parametrize("figures", [{"completed": 990}, {"in_flight": [*range(5, 15)]}, {"rate_per_s": 1}])
def test_what_is_just_allowed_is_kept(figures: dict[str, Any]) -> None:
    assert failings(OBJECTIVE, replace(STEP, **figures)) == []
