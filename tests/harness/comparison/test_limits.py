"""What a report says of the limit, from made-up blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import LIMITS, limits
from tests.harness.comparison.made_results import PEAK, measured

RESULT = measured(pairs=2, profiles=(PEAK,)).result
ON_TWO_CORES: dict[str, Any] = {"server_cores": 0.8, "backend_cores": 0.6, "generator_cores": 0.4, "other_cores": 0.2}


def clause(a: dict[str, Any], b: dict[str, Any]) -> str:
    changed = {"a": a, "b": b}
    blocks = [replace(one, machine_cores=2.0, **ON_TWO_CORES, **changed[one.side]) for one in RESULT.blocks]
    return limits(replace(RESULT, blocks=blocks), PEAK, Legend.of(RESULT.contenders)) or ""


def test_of_shared_cores_it_says_which_share_each_had() -> None:
    cores = {"bottleneck": "cores"}
    shares = "the server (40%), Elasticsearch (30%), the load generator (20%) and other work (10%)"
    assert clause(cores, cores) == (
        "at peak load the shared cores limited both (all 2 blocks of each); the cores' time went with sync to "
        f"{shares} and with async to {shares}"
    )


def test_it_says_so_of_the_side_alone_that_they_limited() -> None:
    said = clause({"bottleneck": "cores"}, {"bottleneck": "slots"})
    assert said.startswith("at peak load the shared cores limited sync (all 2 blocks) and the server's threads or pool")
    assert said.count("Elasticsearch (30%)") == 1


@pytest.mark.parametrize("key", [key for key in LIMITS if key not in ("cores", "none", "unknown")])
def test_every_limit_has_words(key: str) -> None:
    both = {"bottleneck": key}
    assert clause(both, both) == f"at peak load {LIMITS[key]} limited both (all 2 blocks of each)"
