"""Who is named as the limit, from figures of two cores that server, Elasticsearch and generator share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadtests.comparison.bottleneck import Evidence, limiting
from tests.harness.comparison.support import OPEN

CLOSED = replace(
    OPEN, kind="closed", lateness_p50_ms=None, lateness_p99_ms=None, littles_law_error=-0.01,
    in_flight=10, machine_busy_share=0.8,
)  # fmt: skip
EXTERNAL = {"server_cores": None, "workers": None, "slots": None}


@pytest.mark.parametrize(
    ("evidence", "figures", "bottleneck"),
    [
        pytest.param(OPEN, {}, "none", id="below capacity"),
        pytest.param(OPEN, {"server_cores": 0.95}, "server", id="its one core"),
        pytest.param(OPEN, {"server_cores": 0.95, "workers": 2}, "none", id="half of its cores"),
        pytest.param(OPEN, {"in_flight": 15}, "slots", id="every thread waits"),
        pytest.param(OPEN, {"in_flight": 40}, "slots", id="requests queue for threads"),
        pytest.param(OPEN, {"in_flight": 15, "server_cores": 0.95}, "server", id="threads wait for the server's core"),
        pytest.param(CLOSED, {}, "none", id="few users"),
        pytest.param(
            CLOSED, {"server_cores": 0.6, "backend_cores": 1.1, "machine_busy_share": 0.97}, "backend",
            id="Elasticsearch has most of a full machine",
        ),
        pytest.param(
            CLOSED, {"server_cores": 0.8, "backend_cores": 0.7, "machine_busy_share": 0.97}, "server",
            id="the server has most of a full machine",
        ),
        pytest.param(
            CLOSED, {"backend_cores": 1.1, "machine_busy_share": 0.97, "in_flight": 16}, "backend",
            id="more threads would not help a full machine",
        ),
        pytest.param(CLOSED, EXTERNAL | {"machine_busy_share": 0.97}, "backend", id="an unknown server"),
        pytest.param(
            CLOSED, EXTERNAL | {"backend_cores": None, "machine_busy_share": 0.97}, "none", id="nothing is known",
        ),
    ],
)  # fmt: skip
def test_the_limit_of_a_valid_block(evidence: Evidence, figures: dict[str, Any], bottleneck: str) -> None:
    assert limiting(replace(evidence, **figures)) == (bottleneck, None)


@pytest.mark.parametrize(
    ("evidence", "figures", "reason"),
    [
        (OPEN, {"faults": ("process 1 (host) was lost",)}, "generator: process 1 (host) was lost"),
        (OPEN, {"lateness_p99_ms": 230.0}, "generator: it sent 230.0 ms late (p99), 200.0 ms are allowed"),
        (OPEN, {"lateness_p50_ms": 5.2}, "generator: it sent 5.2 ms late (p50), 5.0 ms are allowed"),
        (
            OPEN, {"lateness_p50_ms": 80.0, "lateness_p99_ms": 900.0},
            "generator: it sent 80.0 ms late (p50), 5.0 ms are allowed; "
            "generator: it sent 900.0 ms late (p99), 200.0 ms are allowed",
        ),
        (
            OPEN, {"generator_cores": (0.3, 0.8)},
            "generator: one of its processes used 80% of a core, 70% are allowed",
        ),
        (CLOSED, {"generator_cores": (0.95,)}, "generator: one of its processes used 95% of a core, 90% are allowed"),
        (CLOSED, {"littles_law_error": -0.25}, "generator: Little's law is broken by -25%, 10% are allowed"),
        (
            OPEN, {"faults": ("process 1 (host) was lost",), "lateness_p50_ms": 9.0, "server_cores": 1.0},
            "generator: process 1 (host) was lost; generator: it sent 9.0 ms late (p50), 5.0 ms are allowed",
        ),
    ],
)  # fmt: skip
def test_a_block_limited_by_the_generator_is_invalid(evidence: Evidence, figures: dict[str, Any], reason: str) -> None:
    assert limiting(replace(evidence, **figures)) == ("generator", reason)


@pytest.mark.parametrize(
    ("evidence", "figures"),
    [
        (OPEN, {"lateness_p99_ms": 200.0}),
        (OPEN, {"lateness_p50_ms": 5.0}),
        (OPEN, {"generator_cores": (0.7, 0.7)}),
        (CLOSED, {"generator_cores": (0.85,)}),
        (CLOSED, {"littles_law_error": 0.1}),
    ],
)
def test_what_is_just_allowed_is_valid(evidence: Evidence, figures: dict[str, Any]) -> None:
    assert limiting(replace(evidence, **figures)) == ("none", None)
