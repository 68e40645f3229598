"""The terminal's table: a row for each statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table

from claims.rule import Finding
from claims.trial import Trial
from loadtests.comparison.report.wording import significant
from loadtests.comparison.verdict.metrics import LOGARITHMIC


def of(trials: Iterable[Trial]) -> Table:
    table = Table("claim", "statement", "must be", "is [95% interval]", "rounds", "and so", show_lines=True)
    for trial in trials:
        for number, finding in enumerate(trial.judgement.findings):
            name = f"{trial.claim.name}\n{trial.judgement.in_words}" if number == 0 else ""
            statement = finding.statement
            table.add_row(
                name, statement.says, statement.rule, measured(finding), str(len(finding.values)), finding.truth
            )
    return table


def measured(finding: Finding) -> str:
    """The figure and its interval in words; its distance from arithmetic, and what would have been found, beside it."""
    if finding.mean is None:
        return "not measured"
    statement, ends = finding.statement, finding.told_interval
    interval = f"[{significant(ends[0])} to {significant(ends[1])}]" if ends else "[too wide to be told]"
    figure = f"{significant(finding.mean)} {statement.unit} {interval}"
    distance = [_distance(finding.mean)] if statement.of_arithmetic else []
    return "; ".join([figure, *distance, *_would_have_found(finding)])


def _distance(share: float) -> str:
    """Of what was measured from what was computed."""
    return f"reality is {abs(share - 1):.1%} {'above' if share > 1 else 'below'} arithmetic"


def _would_have_found(finding: Finding) -> Iterator[str]:
    """Beside every open statement."""
    if finding.truth != "open" or finding.detectable is None:
        return
    is_share = finding.statement.scale is LOGARITHMIC
    least = f"{finding.detectable:.0%}" if is_share else f"{significant(finding.detectable)} {finding.statement.unit}"
    yield f"{least} beyond its range's end would have been found in 8 of 10 tries"
