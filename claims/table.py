"""The terminal's table: a row for each statement."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from claims.rule import Finding
from claims.trial import Trial
from loadtests.comparison.report.wording import significant


def of(trials: Iterable[Trial]) -> Table:
    table = Table("claim", "statement", "must be", "is [95% interval]", "rounds", "and so", show_lines=True)
    for trial in trials:
        for number, finding in enumerate(trial.judgement.findings):
            name = f"{trial.claim.name}\n{trial.judgement.mark}" if number == 0 else ""
            statement = finding.statement
            table.add_row(
                name, statement.says, statement.rule, measured(finding), str(len(finding.values)), finding.truth
            )
    return table


def measured(finding: Finding) -> str:
    """The figure and its interval in words."""
    if finding.mean is None or finding.low is None or finding.high is None:
        return "not measured"
    mean, low, high = map(significant, (finding.mean, finding.low, finding.high))
    return f"{mean} {finding.statement.unit} [{low} to {high}]"
