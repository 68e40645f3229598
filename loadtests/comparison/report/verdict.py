"""The verdict in two sentences: what differs and by how much; with what confidence, and what limited both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import limits, shared_cores
from loadtests.comparison.report.selection import decisions
from loadtests.comparison.report.wording import change, joined, subject, told
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision, Verdict
from loadtests.comparison.verdict.metrics import METRICS

_BEGINNINGS: dict[Verdict, str] = {
    "better": "better, with",
    "worse": "worse, with",
    "equivalent": "equivalent in",
    "inconclusive": "not shown to differ in",
}


def sentences(result: Result, legend: Legend) -> tuple[str, str]:
    """For a reader who reads nothing else."""
    if not headlines(result):
        return _nothing(result, legend)
    clauses = [*_confidence(result), *_limits(result, legend)]
    return f"Compared with {legend.a}, {legend.b} is {_differences(result)}.", _sentence(clauses)


def headlines(result: Result) -> list[Decision]:
    """The few decisions that the first sentence names; equivalent failures only where nothing else is known."""
    known = [decision for decision in decisions(result) if decision.ratio is not None]
    firsts = [decision for names in _places() if (decision := _first(known, names))]
    failures = [one for one in known if one.metric == "failed_share"]
    return [*firsts, *(one for one in failures if one.verdict != "equivalent" or not firsts)]


def _places() -> list[list[str]]:
    """The metrics that compete for each place of the first sentence: the first with a ratio, in the first profile."""
    ranked = sorted((metric.headline, metric.name) for metric in METRICS.values() if metric.headline)
    return [[name for _, name in place] for _, place in groupby(ranked, key=lambda one: one[0][0])]


def _first(known: list[Decision], names: Iterable[str]) -> Decision | None:
    return next((decision for name in names for decision in known if decision.metric == name), None)


def _differences(result: Result) -> str:
    named = headlines(result)
    parts = (
        f"{beginning} {joined([_told(decision) for decision in named if decision.verdict == verdict])}"
        for verdict, beginning in _BEGINNINGS.items()
        if any(decision.verdict == verdict for decision in named)
    )
    return "; ".join(parts)


def _told(decision: Decision) -> str:
    differs = decision.verdict in ("better", "worse")
    return told(decision) if differs else f"{subject(decision)} ({change(decision)})"


def _confidence(result: Result) -> Iterator[str]:
    pairs = max(decision.pairs for decision in result.decisions)
    if result.quick:
        yield f"this was a quick run of {pairs} pairs, which can't decide a difference and only hints at one"
    yield f"each bracket is the 95% interval over {'' if result.quick else f'{pairs} '}pairs of fresh processes"


def _limits(result: Result, legend: Legend) -> Iterator[str]:
    yield from (clause for profile in result.profiles if (clause := limits(result, profile, legend)))
    invalid = sum(block.invalid is not None for block in result.blocks)
    if invalid:
        yield f"{invalid} of {len(result.blocks)} blocks were invalid and are left out"
    if shared := shared_cores(result):
        yield shared


def _nothing(result: Result, legend: Legend) -> tuple[str, str]:
    reasons = Counter(block.invalid for block in result.blocks if block.invalid is not None)
    clauses = [f"{count} of {len(result.blocks)} blocks were invalid: {reason}" for reason, count in reasons.items()]
    return (
        f"Nothing follows from this comparison of {legend.a} with {legend.b}: no pair of valid blocks was measured.",
        _sentence(clauses or ["no block was finished"]),
    )


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."
