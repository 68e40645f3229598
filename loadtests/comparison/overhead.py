"""The verdict of `make overhead`: a twin's CPU time against that of the bare application on its stack."""

from __future__ import annotations

from collections.abc import Iterable

from loadtests.comparison.gate import Judgement, Outcome
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.exclusion import without_verdict
from loadtests.statistics import ALL

LIMIT = 1.10
"""The most CPU time that a twin may use for a correct response, as a multiple of its bare application's."""

METRIC = "cpu_ms_per_correct_answer"


def judge(result: Result) -> Judgement:
    """The outcome for `b`, the twin, against `a`, its bare application, with the reason in words.

    It passes where the whole 95% interval of the ratio b / a is at or below LIMIT. It fails where the whole interval is
    above, and is inconclusive where LIMIT lies within, or where two pairs give no interval. Without a valid pair, or
    with too few of them, it is invalid.
    """
    lost = [*without_verdict(result.blocks).values()]
    if lost:
        return Judgement(Outcome.INVALID, lost)
    found = next((one for one in result.decisions if (one.endpoint, one.metric) == (ALL, METRIC)), None)
    if found is None or found.ratio is None:
        return Judgement(Outcome.INVALID, [f"no valid pair has {METRIC}"])
    if found.low is None or found.high is None:
        return Judgement(Outcome.INCONCLUSIVE, [f"{found.ratio:.3f}: two pairs have no interval, give PAIRS=3 or more"])
    outcome, place = _placed(found.low, found.high)
    return Judgement(outcome, [f"{found.ratio:.3f} [{found.low:.3f} to {found.high:.3f}], {place} {LIMIT}"])


def _placed(low: float, high: float) -> tuple[Outcome, str]:
    if high <= LIMIT:
        return Outcome.PASS, "at or below the limit of"
    if low > LIMIT:
        return Outcome.REGRESSION, "above the limit of"
    return Outcome.INCONCLUSIVE, "across the limit of"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """A failure before an invalid comparison, that before an inconclusive one; PASS where all pass."""
    return min((one for one in outcomes if one != Outcome.PASS), default=Outcome.PASS)
