"""The run of claims one after another, with a table, a page and a record of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from claims import page, table
from claims.claim import Claim
from claims.rule import Finding
from claims.trial import Site, Trial, try_out
from loadtests import runs
from loadtests.backend import Backend
from loadtests.backend.library import prepare
from loadtests.comparison.disturbance import Guard
from loadtests.comparison.figures import Block
from loadtests.comparison.progress import duration
from loadtests.conditions import with_backend
from loadtests.tables import write_values


@dataclass(frozen=True)
class Row:
    """A row of `claims.csv`: a statement of a claim, its range, and its figure."""

    claim: str
    mark: str
    statement: str
    unit: str
    range_low: float | None
    range_high: float | None
    rounds: int
    invalid_rounds: int
    mean: float | None
    low: float | None
    high: float | None
    truth: str
    seconds: float


def run(
    claims: Sequence[Claim], backend: Backend, console: Console, results: Path, guard: Guard | None = None
) -> list[Trial]:
    """Test them all, and write the result folder `…-claims`. Raises LabError as that does."""
    console.print(f"{len(claims)} claims: about {duration(sum(claim.whole_s for claim in claims))} minutes")
    catalogue = prepare(backend.url, backend.access)
    with runs.result_folder(results, "claims") as folder:
        trials = list(_try_all(claims, Site(backend, catalogue, folder / "pairs", console, guard), console))
        _write(folder, trials, with_backend(backend))
    console.print(table.of(trials))
    console.print(f"{results.name}/{runs.final_name(folder)}/claims.html")
    return trials


def _try_all(claims: Sequence[Claim], site: Site, console: Console) -> Iterator[Trial]:
    for claim in claims:
        console.print(f"{claim.name}: about {duration(claim.whole_s)} minutes", highlight=False)
        trial = try_out(claim, site)
        console.print(f"{claim.name}: {trial.judgement.mark} ({duration(trial.seconds)} minutes)", highlight=False)
        yield trial


def _write(folder: Path, trials: Sequence[Trial], conditions: Mapping[str, Any]) -> None:
    write_values(folder / "claims.csv", Row, [row for trial in trials for row in _rows(trial)])
    write_values(folder / "blocks.csv", Block, [block for trial in trials for block in _blocks(trial)])
    page.write(folder / "claims.html", trials, conditions)
    record = {
        "folder": runs.final_name(folder),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "conditions": conditions,
        "claims": [_record(trial) for trial in trials],
    }
    runs.write_json(folder, record)


def _rows(trial: Trial) -> Iterator[Row]:
    for finding in trial.judgement.findings:
        statement = finding.statement
        yield Row(
            trial.claim.name,
            trial.judgement.mark,
            statement.says,
            statement.unit,
            statement.low,
            statement.high,
            len(finding.values),
            len(trial.invalid),
            finding.mean,
            finding.low,
            finding.high,
            finding.truth,
            trial.seconds,
        )


def _blocks(trial: Trial) -> Iterator[Block]:
    """The values of the valid rounds."""
    for played in trial.rounds:
        for sides in played.values():
            yield from (reading.block for reading in sides.values())


def _record(trial: Trial) -> dict[str, Any]:
    claim = trial.claim
    return {
        "claim": claim.name,
        "says": claim.says,
        "sources": [asdict(source) for source in claim.sources],
        "arrangements": {name: asdict(one) for name, one in claim.arrangements.items()},
        "mark": trial.judgement.mark,
        "findings": [_finding(finding) for finding in trial.judgement.findings],
        "invalid": trial.invalid,
        "seconds": trial.seconds,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    statement = finding.statement
    record = {"says": statement.says, "unit": statement.unit, "range": statement.rule, "values": finding.values}
    return record | {"mean": finding.mean, "low": finding.low, "high": finding.high, "truth": finding.truth}
