"""How often the verdict's rule and the gate's are right, simulated from the spreads that a comparison recorded.

    python -m tests.benchmarks.verdicts

No server is needed. A pair's differences are drawn from a normal distribution with the recorded standard deviation of
each primary metric. Failures happen on neither side. Environment variables: RUN (results/example/compare), TRIES
(2,000 decisions) and GATES (500 of each kind), SEED (0).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path

import numpy as np

from loadtests.comparison.figures import SIDES, Block, EndpointFigures
from loadtests.comparison.verdict.decisions import SIGNIFICANCE, decide, differences, paired
from loadtests.comparison.verdict.metrics import METRICS, Value, primaries, values
from loadtests.comparison.verdict.paired import detectable
from loadtests.comparison.verdict.sequential import LOOKS, Plan, stand
from loadtests.load.profiles import PEAK, STEADY
from loadtests.statistics import ALL
from loadtests.tables import read_values
from tests.benchmarks import markdown

Name = tuple[str, str]
"""Profile and metric."""

KINDS = {PEAK: "closed", STEADY: "open"}
PAIRS = 10
CHANGES = {"identical code": {}, "10% more CPU": {"cpu_ms_per_correct_answer": 1.10},
           "5% more CPU": {"cpu_ms_per_correct_answer": 1.05}}  # fmt: skip
NARROW_P95 = 0.15
"""A standard deviation of the p95's log ratio with which a gate can pass."""


def spreads(run: Path) -> dict[Name, float]:
    """The standard deviation of each primary metric's differences over the recorded pairs."""
    blocks, endpoints = read_values(run / "blocks.csv", Block), read_values(run / "endpoints.csv", EndpointFigures)
    recorded = [
        value
        for profile, kind in KINDS.items()
        for value in values(
            kind,
            [one for one in blocks if one.profile == profile],
            [one for one in endpoints if one.profile == profile],
        )
    ]
    pairs = paired(recorded)
    return {
        (profile, metric): float(
            np.std(differences(METRICS[metric], pairs[profile, ALL, metric, "b"].values()), ddof=1)
        )
        for profile, metric in primaries(KINDS)
    }


def drawn(
    spread: Mapping[Name, float], ratios: Mapping[str, float], count: int, rng: np.random.Generator
) -> dict[Name, dict[int, tuple[float, float]]]:
    """Figures of a and b in so many pairs, by the number of the pair."""
    made = {}
    for name, deviation in spread.items():
        metric = METRICS[name[1]]
        even = metric.scale.of(1.0)
        found = rng.normal(log(ratios.get(metric.name, 1.0)), deviation, count)
        made[name] = {
            number: (1.0, metric.scale.back(even + float(difference))) for number, difference in enumerate(found, 1)
        }
    return made


def has_false_alarm(spread: Mapping[Name, float], rng: np.random.Generator) -> bool:
    made = drawn(spread, {}, PAIRS, rng)
    told = [
        Value(profile, number, side, ALL, metric, figure)
        for (profile, metric), pairs in made.items()
        for number, figures in pairs.items()
        for side, figure in zip(SIDES, figures, strict=True)
    ]
    return any(one.verdict in ("better", "worse") for one in decide(told))


def gate(spread: Mapping[Name, float], ratios: Mapping[str, float], rng: np.random.Generator) -> tuple[str, int]:
    """The outcome and the pairs that it took."""
    made, plan = drawn(spread, ratios, LOOKS[-1], rng), Plan(LOOKS, len(spread))
    for look in LOOKS:
        found = {stand(METRICS[name[1]], made[name], look, METRICS[name[1]].gate_margin, plan).found for name in made}
        if "regression" in found:
            return "regression", look
        if found == {"pass"}:
            return "pass", look
    return "inconclusive", LOOKS[-1]


def gates(spread: Mapping[Name, float], tries: int, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    for told, deviations in (
        ("as recorded", spread),
        (f"p95 {NARROW_P95:g}, else as recorded", {**spread, (STEADY, "p95_ms"): NARROW_P95}),
    ):
        for change, ratios in CHANGES.items():
            ends = [gate(deviations, ratios, rng) for _ in range(tries)]
            outcomes = Counter(outcome for outcome, _ in ends)
            shares = (f"{outcomes[name] / tries:.1%}" for name in ("pass", "regression", "inconclusive"))
            yield told, change, *shares, f"{np.median([pairs for _, pairs in ends]):g}"


def power(spread: Mapping[Name, float], rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """What so many pairs find in 8 of 10 tries, of a spread that is known to be as recorded."""
    for (profile, metric), deviation in spread.items():
        unit = rng.normal(0, 1, PAIRS)
        exact = (unit - unit.mean()) / unit.std(ddof=1) * deviation
        found = detectable(exact, SIGNIFICANCE / len(spread))
        if found and not METRICS[metric].by_difference:
            yield profile, metric, f"{deviation:.3f}", f"{METRICS[metric].scale.back(found) - 1:.1%}"


def main(run: Path, tries: int, gate_tries: int, seed: int) -> None:
    """Print three tables."""
    rng, spread = np.random.default_rng(seed), spreads(run)
    markdown.show(("profile", "metric", "recorded spread", f"found by {PAIRS} pairs"), power(spread, rng))
    alarms = sum(has_false_alarm(spread, rng) for _ in range(tries)) / tries
    markdown.show(
        ("comparisons of like with like", "with a false alarm in the family"), [(f"{tries:,}", f"{alarms:.1%}")]
    )
    header = ("spread", "b is", "passed", "regression", "inconclusive", "pairs (median)")
    markdown.show(header, gates(spread, gate_tries, rng))


if __name__ == "__main__":
    environ = os.environ
    main(
        Path(environ.get("RUN", "results/example/compare")),
        int(environ.get("TRIES", "2000")),
        int(environ.get("GATES", "500")),
        int(environ.get("SEED", "0")),
    )
