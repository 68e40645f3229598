"""The verdict in two sentences: what differs and by how much; with what confidence, and what limited both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import limits, shared_cores
from loadtests.comparison.report.selection import primary
from loadtests.comparison.report.wording import change, found, joined, phrase, subject
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision, Verdict
from loadtests.comparison.verdict.exclusion import lost_pairs, without_verdict

_BEGINNINGS: dict[Verdict | None, str] = {
    "better": "is better, with",
    "worse": "is worse, with",
    "equivalent": "is equivalent in",
    "inconclusive": "is not shown to differ in",
    None: "shows, without a verdict,",
}


def sentences(result: Result, legend: Legend) -> tuple[str, str]:
    """For a reader who reads nothing else."""
    if not headlines(result):
        return _nothing(result, legend)
    clauses = [*_confidence(result), *_limits(result, legend)]
    return f"Compared with {legend.a}, {legend.b} {_differences(result)}.", _sentence(clauses)


def headlines(result: Result) -> list[Decision]:
    """The decisions that carry a verdict; equivalent failures only where nothing else is known."""
    known = [decision for decision in primary(result) if decision.ratio is not None]
    firsts = [one for one in known if one.metric != "failed_share"]
    return [*firsts, *(one for one in known if one not in firsts and (_failed(one) or not firsts))]


def _failed(failures: Decision) -> bool:
    return failures.verdict != "equivalent" and (failures.a, failures.b) != (0, 0)


def _differences(result: Result) -> str:
    named = headlines(result)
    parts = (
        f"{beginning} {joined([_told(decision) for decision in named if decision.verdict == verdict])}"
        for verdict, beginning in _BEGINNINGS.items()
        if any(decision.verdict == verdict for decision in named)
    )
    return "; ".join(parts)


def _told(decision: Decision) -> str:
    if decision.verdict in ("better", "worse", None):
        return phrase(decision)
    return f"{subject(decision)} ({'; this run '.join(filter(None, (change(decision), found(decision))))})"


def _confidence(result: Result) -> Iterator[str]:
    pairs = max(decision.pairs for decision in result.decisions)
    if result.quick:
        yield f"this was a quick run of {pairs} pairs, which shows direction and size and decides nothing"
    yield from without_verdict(result.blocks).values()
    yield f"each bracket is the 95% interval over {'' if result.quick else f'{pairs} '}pairs of fresh processes"


def _limits(result: Result, legend: Legend) -> Iterator[str]:
    yield from (clause for profile in result.profiles if (clause := limits(result, profile, legend)))
    for profile, lost in lost_pairs(result.blocks).items():
        if lost:
            pairs = len({block.pair for block in result.blocks if block.profile == profile})
            yield f"{len(lost)} of {pairs} pairs of {profile} load were invalid and are left out"
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
