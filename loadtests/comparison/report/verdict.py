"""The verdict in sentences: what differs and by how much; with what confidence, and what limited the contenders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from loadtests.comparison.figures import Side
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.limits import limits, shared_cores
from loadtests.comparison.report.selection import has_failed, primary
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


def sentences(result: Result, legend: Legend) -> tuple[str, ...]:
    """For a reader who reads nothing else: one for each contender that is compared with the first, and one on all."""
    if not headlines(result):
        return _nothing(result, legend)
    compared = (
        f"Compared with {legend.first}, {legend.name(side)} {_differences(ours)}."
        for side, ours in _by_side(headlines(result)).items()
    )
    return *compared, _sentence([*_confidence(result, legend), *_limits(result, legend)])


def _by_side(decisions: Iterable[Decision]) -> dict[Side, list[Decision]]:
    sides: dict[Side, list[Decision]] = {}
    for one in decisions:
        sides.setdefault(one.side, []).append(one)
    return dict(sorted(sides.items()))


def headlines(result: Result) -> list[Decision]:
    """The decisions that carry a verdict; equivalent failures only where nothing else is known."""
    known = [decision for decision in primary(result) if decision.ratio is not None]
    firsts = [one for one in known if one.metric != "failed_share"]
    told = {one.side for one in firsts}
    return [*firsts, *(one for one in known if one not in firsts and (has_failed(one) or one.side not in told))]


def _differences(named: Sequence[Decision]) -> str:
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


def _confidence(result: Result, legend: Legend) -> Iterator[str]:
    pairs = max(decision.pairs for decision in result.decisions)
    if result.quick:
        yield f"this was a quick run of {pairs} pairs, which shows direction and size and decides nothing"
    yield from without_verdict(result.blocks).values()
    together = "" if legend.is_of_two else ", and all intervals of a metric hold together with 95%"
    count = "" if result.quick else f"{pairs} "
    yield f"each bracket is the 95% interval over {count}pairs of fresh processes{together}"


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
        f"Nothing follows from this comparison of {legend.first} with {joined(legend.others)}: no pair of valid blocks "
        "was measured.",
        _sentence(clauses or ["no block was finished"]),
    )


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."
