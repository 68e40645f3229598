"""What A against itself seemed to differ by is the noise floor of later comparisons."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from loadtests.comparison import floor
from loadtests.comparison.verdict.decisions import decide
from loadtests.comparison.verdict.noise import floors
from tests.harness.comparison.support import values_of


def test_a_floor_is_the_farther_end_of_the_interval_over_all_endpoints() -> None:
    cpu = "cpu_ms_per_correct_answer"
    decisions = decide(
        [
            *values_of(cpu, [1.0, 2.0, 4.0], [1.1, 2.0, 3.9]),
            *values_of("p50_ms", [1.0] * 3, [3.0, 5.0, 4.0], endpoint="get"),
            *values_of("failed_share", [0.0, 0.01, 0.0], [0.01, 0.01, 0.0]),
            *values_of("p99_ms", [1.0], [2.0]),
        ]
    )
    high, share_high = decisions[0].high, decisions[2].high
    assert high is not None
    assert floors(decisions) == {f"steady/{cpu}": pytest.approx(log(high)), "steady/failed_share": share_high}


def test_a_contender_is_never_called_different_from_itself_on_its_own_floor() -> None:
    values = [*values_of("p95_ms", [1.0] * 6, [1.1, 1.12, 1.09, 1.1, 1.11, 1.1])]
    assert [d.verdict for d in decide(values)] == ["worse"]
    assert [d.verdict for d in decide(values, floors(decide(values)))] == ["inconclusive"]


def test_where_no_contender_was_compared_with_itself_there_is_no_floor(tmp_path: Path) -> None:
    assert floor.of_this_machine(tmp_path, {}) is None
