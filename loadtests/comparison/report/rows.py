"""The report's tables, each as the rows that the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from math import exp
from statistics import median
from typing import Any

from markupsafe import Markup

from loadtests.comparison.figures import Block, Side
from loadtests.comparison.report.intervals import furthest, ratios, strip
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import LIMITS, limit
from loadtests.comparison.report.selection import blocks, decisions, floor
from loadtests.comparison.report.wording import (
    UNKNOWN,
    amount,
    difference,
    found,
    interval_of,
    percent,
    significant,
    verdict_word,
)
from loadtests.comparison.result import Prediction, Result
from loadtests.comparison.verdict.decisions import Decision, Verdict
from loadtests.comparison.verdict.metrics import METRICS
from loadtests.conditions import flatten

_VERSIONS = (
    "flask", "werkzeug", "aioflask", "quart", "starlette", "fastapi", "elasticsearch", "gunicorn", "gevent", "uvicorn",
    "granian", "hypercorn", "a2wsgi", "uvloop", "httptools", "locust",
)  # fmt: skip
"""Of the packages, in small letters, those that make a difference: they are shown before the rest."""

_NONE = "–"
_WITHOUT = {"cores": "all"}
"""What it means that a setting is not there, where that is something."""


@dataclass(frozen=True)
class DecisionRow:
    """A decision in words, and its interval as a picture."""

    endpoint: str
    metric: str
    unit: str
    side: Side
    a: str
    b: str
    change: str
    interval: str
    picture: Markup | None
    holm_p: str
    pairs: int
    verdict: Verdict | None
    word: str
    found: str
    below_noise: bool


@dataclass(frozen=True)
class LimitRow:
    """How many blocks of a contender were limited by what (in the order of `LIMITS`), and what else befell them."""

    profile: str
    contender: str
    limits: list[int]
    invalid: int
    unsteady: int
    dropped: int
    lateness_p99_ms: str
    run_queue_share: str
    heartbeat_lag_ms: str
    other_cores: str
    context_switches: str


def decided(result: Result, legend: Legend, *, of_endpoints: bool) -> dict[str, list[DecisionRow]]:
    """Of each profile that has some: those of all requests, or those of single endpoints."""
    chosen = decisions(result, of_endpoints=of_endpoints)
    shown = ratios(result, chosen, legend)
    most = furthest(shown) if shown else 1.0
    by_profile = groupby(chosen, key=lambda one: one.profile)
    return {profile: [_decision_row(result, one, legend, most) for one in ours] for profile, ours in by_profile}


def limited(result: Result, legend: Legend) -> list[LimitRow]:
    """A row for each profile and side."""
    return [
        _limit_row(profile.name, legend.name(side), blocks(result, profile, side))
        for profile in result.profiles
        for side in result.contenders
    ]


def invalid(result: Result, legend: Legend) -> list[tuple[str, int, str, str]]:
    """Profile, pair, contender and reason of each block from which nothing follows."""
    return [
        (block.profile, block.pair, legend.name(block.side), block.invalid)
        for block in result.blocks
        if block.invalid is not None
    ]


def predicted(predictions: Iterable[Prediction], legend: Legend) -> list[tuple[str, list[str]]]:
    """Of each contender: slots, latency, both ceilings, the lower one, what was measured, and its share of that."""
    return [(legend.name(one.side), list(_prediction_cells(one))) for one in predictions]


def noise(result: Result) -> list[tuple[str, str, str]]:
    """Profile, metric, and its noise floor in percent; empty where no floor is known."""
    if not result.noise_floor:
        return []
    return [
        (one.profile, METRICS[one.metric].title, _noise(result, one))
        for one in decisions(result)
        if not METRICS[one.metric].by_difference
    ]


def contenders(result: Result) -> list[tuple[str, list[str]]]:
    """Each setting by its name, of each contender; a dash where it has none."""
    each = [dict(flatten(contender)) for contender in result.contenders.values()]
    return [(name, [_setting(name, one) for one in each]) for name in dict.fromkeys(chain.from_iterable(each))]


def conditions(result: Result) -> list[tuple[str, str]]:
    """Each condition by its dotted name, packages apart."""
    return [(name, _cell(value)) for name, value in flatten(_without_packages(result.conditions))]


def versions(result: Result) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The packages that make a difference, and the others: the lab's, and after them those of each other installation,
    where they are others."""
    ours: dict[str, str] = result.conditions.get("packages", {})
    packages = ours | {
        f"{name} ({folder})": version
        for folder, installation in result.conditions.get("installations", {}).items()
        for name, version in installation["packages"].items()
        if ours.get(name) != version
    }
    telling = [one for one in packages.items() if one[0].partition(" ")[0].lower() in _VERSIONS]
    return telling, [one for one in packages.items() if one not in telling]


def _decision_row(result: Result, decision: Decision, legend: Legend, most: float) -> DecisionRow:
    metric = METRICS[decision.metric]
    return DecisionRow(
        decision.endpoint,
        metric.title,
        metric.unit.name,
        decision.side,
        amount(metric, decision.a),
        amount(metric, decision.b),
        difference(decision),
        interval_of(decision),
        strip(result, decision, legend, most),
        _p(decision.holm_p),
        decision.pairs,
        decision.verdict,
        verdict_word(decision) or _NONE,
        found(decision),
        _below_noise(result, decision),
    )


def _below_noise(result: Result, decision: Decision) -> bool:
    noise = floor(result, decision)
    metric = METRICS[decision.metric]
    by_ratio = decision.ratio is not None and not metric.by_difference
    return noise is not None and by_ratio and abs(metric.scale.of(decision.ratio or 0.0)) <= noise


def _limit_row(profile: str, contender: str, ours: list[Block]) -> LimitRow:
    counts = Counter(limit(block) for block in ours if block.invalid is None)
    return LimitRow(
        profile,
        contender,
        [counts[key] for key in LIMITS],
        sum(block.invalid is not None for block in ours),
        sum(block.unsteady for block in ours),
        sum(block.dropped for block in ours),
        _largest((block.lateness_p99_ms for block in ours), significant),
        _largest((block.run_queue_share for block in ours), percent),
        _largest((block.heartbeat_lag_ms for block in ours), significant),
        _largest((block.other_cores for block in ours), significant),
        _middle(block.context_switches_per_request for block in ours if block.invalid is None),
    )


def _largest(figures: Iterable[float | None], shown: Callable[[float], str]) -> str:
    """A dash where there is none: lateness is of open load, and not every system tells of the rest."""
    known = [abs(figure) for figure in figures if figure is not None]
    return shown(max(known)) if known else _NONE


def _middle(figures: Iterable[float | None]) -> str:
    known = [figure for figure in figures if figure is not None]
    return significant(median(known)) if known else _NONE


def _prediction_cells(one: Prediction) -> Iterator[str]:
    ceiling = one.ceiling_per_s
    reached = one.measured_per_s / ceiling if ceiling and one.measured_per_s is not None else None
    yield UNKNOWN if one.slots is None else f"{one.slots:,}"
    for figure in (one.latency_ms, one.slots_per_s, one.cpu_per_s, ceiling, one.measured_per_s):
        yield significant(figure)
    yield UNKNOWN if reached is None else percent(reached)


def _noise(result: Result, decision: Decision) -> str:
    noise = floor(result, decision)
    return UNKNOWN if noise is None else f"±{percent(exp(noise) - 1)}"


def _p(value: float | None) -> str:
    if value is None:
        return _NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _setting(name: str, settings: dict[str, Any]) -> str:
    return _cell(settings.get(name), _WITHOUT.get(name, _NONE))


def _cell(value: Any, missing: str = UNKNOWN) -> str:
    if value is None:
        return missing
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _without_packages(conditions: Any) -> Any:
    """At any depth."""
    if not isinstance(conditions, dict):
        return conditions
    return {name: _without_packages(value) for name, value in conditions.items() if name != "packages"}
