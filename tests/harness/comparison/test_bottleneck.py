"""Who is named as the limit, from figures of two cores that server, Elasticsearch and generator share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadtests.comparison.bottleneck import Evidence, limiting
from tests.harness.comparison.support import OPEN

CLOSED = replace(
    OPEN, kind="closed", lateness_p50_ms=None, lateness_p99_ms=None, in_flight=10, machine_cores=1.6,
)  # fmt: skip
EXTERNAL = {"server_cores": None, "allotted_cores": None, "slots": None}
FULL = {"machine_cores": 1.94}


@pytest.mark.parametrize(
    ("evidence", "figures", "bottleneck"),
    [
        pytest.param(OPEN, {}, "none", id="below capacity"),
        pytest.param(OPEN, {"server_cores": 0.95}, "server", id="its one core"),
        pytest.param(OPEN, {"server_cores": 0.95, "allotted_cores": 2}, "none", id="half of its cores"),
        pytest.param(OPEN, {"in_flight": 15}, "slots", id="every thread waits"),
        pytest.param(OPEN, {"in_flight": 40}, "slots", id="requests queue for threads"),
        pytest.param(OPEN, {"in_flight": 15, "server_cores": 0.95}, "server", id="threads wait for the server's core"),
        pytest.param(CLOSED, {}, "none", id="few users"),
        pytest.param(CLOSED, FULL | {"server_cores": 0.6, "backend_cores": 1.1}, "cores", id="Elasticsearch has most"),
        pytest.param(CLOSED, FULL | {"server_cores": 0.8, "backend_cores": 0.7}, "cores", id="the server has most"),
        pytest.param(CLOSED, FULL | {"server_cores": 0.95, "backend_cores": 0.7}, "server", id="the server has its"),
        pytest.param(CLOSED, FULL | {"server_cores": 0.05, "backend_cores": 1.85}, "backend", id="Elasticsearch alone"),
        pytest.param(CLOSED, FULL | {"in_flight": 16}, "cores", id="more threads would not help a full machine"),
        pytest.param(CLOSED, FULL | {"other_cores": 0.9}, "other work", id="others have much of a full machine"),
        pytest.param(CLOSED, {"other_cores": 0.9}, "none", id="others have much, and nobody was short of it"),
        pytest.param(CLOSED, FULL | {"other_cores": None}, "cores", id="other work is not known"),
        pytest.param(CLOSED, FULL | EXTERNAL, "cores", id="an unknown server"),
        pytest.param(CLOSED, FULL | EXTERNAL | {"backend_cores": None}, "cores", id="nothing is known"),
    ],
)  # fmt: skip
def test_the_limit_of_a_valid_block(evidence: Evidence, figures: dict[str, Any], bottleneck: str) -> None:
    assert limiting(replace(evidence, **figures)) == (bottleneck, None)


@pytest.mark.parametrize(
    ("evidence", "figures", "reason"),
    [
        (OPEN, {"faults": ("process 1 (host) was lost",)}, "generator: process 1 (host) was lost"),
        (OPEN, {"lateness_p99_ms": 300.0}, "generator: it sent 300.0 ms late (p99), 200.0 ms are allowed"),
        (OPEN, {"lateness_p50_ms": 2.1}, "generator: it sent 2.1 ms late (p50), 2.0 ms are allowed"),
        (
            OPEN, {"lateness_p50_ms": 80.0, "lateness_p99_ms": 900.0},
            "generator: it sent 80.0 ms late (p50), 2.0 ms are allowed; "
            "generator: it sent 900.0 ms late (p99), 200.0 ms are allowed",
        ),
        (
            OPEN, {"generator_cores": (0.3, 0.8)},
            "generator: one of its processes used 80% of a core, 70% are allowed",
        ),
        (CLOSED, {"generator_cores": (0.95,)}, "generator: one of its processes used 95% of a core, 90% are allowed"),
        (CLOSED, {"run_queue_share": 0.4}, "generator: it waited 40% of the time for a core, 30% are allowed"),
        (OPEN, {"heartbeat_lag_ms": 12.0}, "generator: its event loop was 12.0 ms late, 10.0 ms are allowed"),
        (
            OPEN, {"faults": ("process 1 (host) was lost",), "run_queue_share": 0.7, "server_cores": 1.0},
            "generator: process 1 (host) was lost; generator: it waited 70% of the time for a core, 30% are allowed",
        ),
    ],
)  # fmt: skip
def test_a_block_limited_by_the_generator_is_invalid(evidence: Evidence, figures: dict[str, Any], reason: str) -> None:
    assert limiting(replace(evidence, **figures)) == ("generator", reason)


@pytest.mark.parametrize(
    ("evidence", "figures"),
    [
        (OPEN, {"lateness_p99_ms": 200.0}),
        (OPEN, {"lateness_p50_ms": 2.0}),
        (OPEN, {"generator_cores": (0.7, 0.7)}),
        (CLOSED, {"generator_cores": (0.85,)}),
        (CLOSED, {"run_queue_share": 0.3}),
        (OPEN, {"heartbeat_lag_ms": 10.0}),
        (OPEN, {"run_queue_share": None, "heartbeat_lag_ms": None}),
    ],
)
def test_what_is_just_allowed_is_valid(evidence: Evidence, figures: dict[str, Any]) -> None:
    assert limiting(replace(evidence, **figures)) == ("none", None)
