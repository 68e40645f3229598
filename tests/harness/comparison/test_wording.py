"""How sessions and orders are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from loadtests.comparison.report.wording import of_orders, of_sessions
from loadtests.comparison.turns import balanced_over
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.paired import Method
from loadtests.load.profiles import PROBE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CPU = Decision(
    "steady", "all", "cpu_ms_per_correct_answer", 30, a=1, b=1.1, ratio=1.1, low=1.05, high=1.15,
    sign_flip_p=None, p=0.001, holm_p=0.002, verdict="worse", method="sessions", between=0.0312,
)  # fmt: skip


UNPOOLED = replace(CPU, profile="peak", metric="correct_answers_per_s", method="t", between=None)


TWO = {"a": "sync", "b": "async"}


def began(sessions: int) -> list[datetime]:
    return [NOON + timedelta(hours=2 * number) for number in range(sessions)]


def test_one_session_covers_itself_only() -> None:
    [sentence] = of_sessions(began(1), [], TWO)
    assert sentence.startswith(
        "The figures cover this session only (2026-01-01 12:00 UTC): another hour may give others"
    )


def test_two_sessions_cover_themselves_only() -> None:
    [sentence] = of_sessions(began(2), [UNPOOLED], TWO)
    times = "2026-01-01 12:00 and 2026-01-01 14:00 UTC"
    assert sentence.startswith(f"The figures cover these sessions only, as if they were one ({times})")


def test_three_sessions_tell_how_much_they_differed() -> None:
    pooled, spread = of_sessions(began(3), [CPU], TWO)
    assert pooled.startswith("3 sessions (2026-01-01 12:00, 2026-01-01 14:00 and 2026-01-01 16:00 UTC) are pooled")
    assert spread.startswith("Between sessions, ")
    assert spread.endswith("at steady load differed by 3.1% (standard deviation).")


def test_five_sessions_tell_where_one_more_would_lie() -> None:
    predicted = replace(CPU, predicted_low=1.01, predicted_high=1.2)
    *_, spread = of_sessions(began(5), [predicted], TWO)
    assert spread.endswith(" In one more session b / a would lie from 1.01 to 1.20 (95%).")


def test_what_only_describes_is_left_to_the_table() -> None:
    described = replace(CPU, holm_p=None)
    assert len([*of_sessions(began(3), [described], TWO)]) == 1


@pytest.mark.parametrize("method", ["t", "rank", None])
def test_sessions_of_which_no_metric_is_pooled_cover_themselves_only(method: Method | None) -> None:
    [sentence] = of_sessions(began(3), [replace(UNPOOLED, method=method)], TWO)
    assert sentence.startswith("The figures cover these sessions only, as if they were one")
    assert sentence.endswith("From 3 sessions of 3 valid pairs on intervals cover other hours, too.")


def test_a_primary_metric_that_is_not_pooled_is_named() -> None:
    pooled, apart, spread = of_sessions(began(3), [CPU, UNPOOLED], TWO)
    assert pooled.startswith("3 sessions")
    assert apart.startswith("Not so for throughput at peak load: a side had no figure")
    assert spread.startswith("Between sessions, server CPU")


def test_of_several_contenders_the_one_that_differed_is_named() -> None:
    *_, spread = of_sessions(
        began(3), [replace(CPU, side="c", predicted_low=1.01, predicted_high=1.2)], {**TWO, "c": "quart"}
    )
    assert " at steady load (quart) differed by 3.1%" in spread
    assert " In one more session c / a would lie from" in spread


@pytest.mark.parametrize(("slices", "said"), [(10, "balanced"), (8, "nearly balanced")])
def test_the_orders_of_several_contenders_are_told(slices: int, said: str) -> None:
    [sentence] = of_orders([replace(PROBE, name="peak", slices=slices)], 5, balanced_over(5))
    assert sentence.endswith(f"balanced over 10 turns. A pair had {slices} of peak load: {said}.")


def test_two_contenders_take_turns_and_nothing_is_told() -> None:
    assert [*of_orders([PROBE], 2, balanced_over(2))] == []
