"""Several contenders, each compared with the first: what each decision says, and how sure all of them are together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, inf, log

import numpy as np
import pytest

from loadtests.comparison.verdict.decisions import Decision, decide
from loadtests.comparison.verdict.false_alarms import shuffled_alarm_share
from loadtests.comparison.verdict.metrics import Value
from loadtests.comparison.verdict.paired import estimate, rank_estimate, simultaneous
from loadtests.comparison.verdict.sessions import SessionEstimate, pool
from loadtests.statistics import ALL

CPU, FAILURES = "cpu_ms_per_correct_answer", "failed_share"
PAIRS = 10
WOBBLE = [0.01, -0.01, 0.0, 0.02, -0.02, 0.0, 0.01, -0.01, 0.01, -0.01]


def values_of(figures: Mapping[str, Sequence[float]], metric: str = CPU) -> Iterator[Value]:
    """Of each side in pairs 1, 2, …"""
    for side, of_side in figures.items():
        for pair, figure in enumerate(of_side, 1):
            yield Value("steady", pair, side, ALL, metric, figure)


def figures_of(ratios: Mapping[str, float], spread: float = 1.0) -> dict[str, list[float]]:
    """a has 1.0 in each pair, the others their ratio, with a wobble that differs from side to side."""
    shifts = {side: number for number, side in enumerate(ratios)}
    return {"a": [1.0] * PAIRS} | {
        side: [ratio * exp(spread * WOBBLE[(pair + shifts[side]) % PAIRS]) for pair in range(PAIRS)]
        for side, ratio in ratios.items()
    }


def by_side(decisions: Sequence[Decision]) -> dict[str, Decision]:
    return {one.side: one for one in decisions}


def test_each_contender_is_compared_with_the_first() -> None:
    decided = decide(values_of(figures_of({"b": 1.1, "c": 0.9, "d": 1.0})))
    assert [(one.side, one.verdict) for one in decided] == [("b", "worse"), ("c", "better"), ("d", "equivalent")]
    assert [one.a for one in decided] == [1.0, 1.0, 1.0]
    assert by_side(decided)["c"].ratio == pytest.approx(0.9)


def test_a_comparison_of_two_is_as_it_was_without_others() -> None:
    (decision,) = decide(values_of(figures_of({"b": 1.1})))
    logs = [log(figure) for figure in figures_of({"b": 1.1})["b"]]
    alone = estimate(logs)
    assert (decision.low, decision.high, decision.holm_p) == (exp(alone.low), exp(alone.high), alone.p)


def test_the_intervals_of_a_metric_widen_with_the_number_of_contenders_and_its_tests_are_corrected() -> None:
    two, three, five = (
        by_side(decide(values_of(figures_of(dict.fromkeys("bcde"[:count], 1.1)))))["b"] for count in (1, 2, 4)
    )
    assert two.low and three.low and five.low  # noqa: PT018
    assert two.low > three.low > five.low
    assert two.p == three.p == five.p
    assert five.holm_p == pytest.approx(4 * (five.p or 0))


@pytest.mark.parametrize(("comparisons", "confidence"), [(1, 0.95), (2, 0.975), (7, 1 - 0.05 / 7)])
def test_simultaneous_intervals_share_the_errors(comparisons: int, confidence: float) -> None:
    assert simultaneous(comparisons) == pytest.approx(confidence)


def test_no_verdict_says_different_where_its_interval_does_not() -> None:
    """Of two contenders one is far apart, so that Holm leaves the other's p as it is: above what its interval asks."""
    figures = figures_of({"b": 2.0, "c": 1.0})
    figures["c"] = [exp(0.0095 + wobble) for wobble in WOBBLE]  # p is 0.039: a 97.5% interval holds zero
    found = by_side(decide(values_of(figures)))["c"]
    assert found.holm_p is not None
    assert found.low is not None
    assert found.holm_p < 0.05
    assert found.low < 1
    assert found.verdict == "equivalent"


def test_who_fails_more_is_not_better_and_its_neighbour_may_be() -> None:
    values = [
        *values_of(figures_of({"b": 0.5, "c": 0.5})),
        *values_of({"a": [0.0] * PAIRS, "b": [0.1 + w for w in WOBBLE], "c": [0.0] * PAIRS}, FAILURES),
    ]
    verdicts = {(one.side, one.metric): one.verdict for one in decide(values)}
    assert verdicts == {
        ("b", CPU): "inconclusive", ("c", CPU): "better", ("b", FAILURES): "worse", ("c", FAILURES): "equivalent",
    }  # fmt: skip


def test_a_contender_without_a_figure_in_some_pair_is_compared_by_ranks_and_the_others_are_not() -> None:
    figures = figures_of({"b": 1.1, "c": 1.1})
    figures["c"][3] = inf
    assert [(one.side, one.method) for one in decide(values_of(figures))] == [("b", "t"), ("c", "rank")]


def test_a_side_that_is_missing_in_a_pair_costs_the_others_none() -> None:
    values = [one for one in values_of(figures_of({"b": 1.1, "c": 1.1})) if (one.side, one.pair) != ("c", 2)]
    assert [(one.side, one.pairs) for one in decide(values)] == [("b", 10), ("c", 9)]


def test_every_kind_of_interval_is_wider_for_more_confidence() -> None:
    logs = [0.1 + wobble for wobble in WOBBLE]
    of_sessions = [SessionEstimate(mean, 0.01) for mean in (0.1, 0.12, 0.08)]
    for usual, sure in (
        (estimate(logs), estimate(logs, 0.99)),
        (rank_estimate(logs), rank_estimate(logs, 0.998)),
        (pool(of_sessions), pool(of_sessions, 0.99)),
    ):
        assert sure.low < usual.low < usual.high < sure.high
        assert sure.p == usual.p


@pytest.mark.parametrize("count", [2, 5, 8])
def test_all_intervals_hold_together_and_like_contenders_are_seldom_called_different(count: int) -> None:
    """Contenders that differ in nothing but their spread, which Dunnett's intervals would not allow for."""
    rng, sides, tries = np.random.default_rng(7), "abcdefgh"[:count], 400
    spreads = np.linspace(0.02, 0.08, count)
    alarms = missed = 0
    for _ in range(tries):
        logs = rng.normal(0, 0.2, (PAIRS, 1)) + rng.normal(0, 1, (PAIRS, count)) * spreads
        made = {side: np.exp(logs[:, place]).tolist() for place, side in enumerate(sides)}
        decided = decide(values_of(made))
        alarms += any(one.verdict in ("better", "worse") for one in decided)
        missed += any(not (one.low or 0) <= 1 <= (one.high or inf) for one in decided)
    assert alarms <= missed
    assert missed / tries < 0.08  # 5% is nominal; of 400 tries 8% would be three standard errors more


def test_shuffled_sides_of_several_contenders_are_seldom_called_different() -> None:
    rng = np.random.default_rng(3)
    made = {
        side: (ratio * np.exp(rng.normal(0, 0.03, PAIRS))).tolist()
        for side, ratio in zip("abcde", (1, 1.02, 1, 1.1, 0.9), strict=True)
    }
    assert shuffled_alarm_share(values_of(made), times=300).family < 0.08
