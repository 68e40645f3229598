"""The verdict in two sentences: what differs and by how much; with what confidence, and what limited both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from loadtests.comparison.report.cast import Cast
from loadtests.comparison.report.limits import limits, shared_cores
from loadtests.comparison.report.selection import decisions
from loadtests.comparison.report.wording import change, joined, subject, told
from loadtests.comparison.study import Study
from loadtests.comparison.verdict.decisions import Decision, Verdict
from loadtests.comparison.verdict.metrics import METRICS

_BEGINNINGS: dict[Verdict, str] = {
    "better": "better, with",
    "worse": "worse, with",
    "equivalent": "equivalent in",
    "inconclusive": "not shown to differ in",
}


def sentences(study: Study, cast: Cast) -> tuple[str, str]:
    """For a reader who reads nothing else."""
    if not headlines(study):
        return _nothing(study, cast)
    clauses = [*_confidence(study), *_limits(study, cast)]
    return f"Compared with {cast.a}, {cast.b} is {_differences(study)}.", _sentence(clauses)


def headlines(study: Study) -> list[Decision]:
    """The few decisions that the first sentence names; equivalent failures only where nothing else is known."""
    known = [decision for decision in decisions(study) if decision.ratio is not None]
    firsts = [decision for names in _places() if (decision := _first(known, names))]
    failures = [one for one in known if one.metric == "failed_share"]
    return [*firsts, *(one for one in failures if one.verdict != "equivalent" or not firsts)]


def _places() -> list[list[str]]:
    """The metrics that compete for each place of the first sentence: the first with a ratio, in the first profile."""
    ranked = sorted((metric.headline, metric.name) for metric in METRICS.values() if metric.headline)
    return [[name for _, name in place] for _, place in groupby(ranked, key=lambda one: one[0][0])]


def _first(known: list[Decision], names: Iterable[str]) -> Decision | None:
    return next((decision for name in names for decision in known if decision.metric == name), None)


def _differences(study: Study) -> str:
    named = headlines(study)
    parts = (
        f"{beginning} {joined([_told(decision) for decision in named if decision.verdict == verdict])}"
        for verdict, beginning in _BEGINNINGS.items()
        if any(decision.verdict == verdict for decision in named)
    )
    return "; ".join(parts)


def _told(decision: Decision) -> str:
    differs = decision.verdict in ("better", "worse")
    return told(decision) if differs else f"{subject(decision)} ({change(decision)})"


def _confidence(study: Study) -> Iterator[str]:
    pairs = max(decision.pairs for decision in study.decisions)
    if study.quick:
        yield f"this was a quick run of {pairs} pairs, which can't decide a difference and only hints at one"
    yield f"each bracket is the 95% interval over {'' if study.quick else f'{pairs} '}pairs of fresh processes"


def _limits(study: Study, cast: Cast) -> Iterator[str]:
    yield from (clause for profile in study.profiles if (clause := limits(study, profile, cast)))
    invalid = sum(block.invalid is not None for block in study.blocks)
    if invalid:
        yield f"{invalid} of {len(study.blocks)} blocks were invalid and are left out"
    if shared := shared_cores(study):
        yield shared


def _nothing(study: Study, cast: Cast) -> tuple[str, str]:
    reasons = Counter(block.invalid for block in study.blocks if block.invalid is not None)
    clauses = [f"{count} of {len(study.blocks)} blocks were invalid: {reason}" for reason, count in reasons.items()]
    return (
        f"Nothing follows from this comparison of {cast.a} with {cast.b}: no pair of valid blocks was measured.",
        _sentence(clauses or ["no block was finished"]),
    )


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."
