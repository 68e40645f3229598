"""The run of claims one after another, with a table, a page and a record of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from rich.console import Console

from claims import page, sessions, table
from claims.claim import Claim
from claims.rule import Finding
from claims.trial import Site, Trial, try_out
from loadtests import runs
from loadtests.backend import Backend
from loadtests.backend.library import prepare
from loadtests.comparison import disturbance
from loadtests.comparison.disturbance import Budget, Guard
from loadtests.comparison.figures import Block, Slice
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
    detectable: float | None


MOST_S = 45 * 60.0
"""All claims together, turns that are played again included."""


def planned_s(claims: Sequence[Claim]) -> float:
    """The approximate duration of a run that no other work disturbs."""
    return sum(claim.whole_s for claim in claims)


def replay_budget(claims: Sequence[Claim]) -> Budget:
    """The time for playing turns again: as every comparison has, and as MOST_S leaves."""
    usual = Budget.of_run(planned_s(claims))
    return Budget(min(usual.left_s, MOST_S - planned_s(claims)))


def announcement(claims: Sequence[Claim], *, busy: bool) -> str:
    """How long a run takes, in a sentence."""
    least_s = planned_s(claims)
    number = "1 claim takes" if len(claims) == 1 else f"{len(claims)} claims take"
    takes = f"{number} about {duration(least_s)} minutes"
    if busy:
        return f"{takes}."
    most_s = least_s + replay_budget(claims).left_s
    return f"{takes}, and up to {duration(most_s)} where turns with other work are played again."


def run(
    claims: Sequence[Claim],
    backend: Backend,
    console: Console,
    results: Path,
    guard: Guard | None = None,
    until_s: float = inf,
) -> list[Trial]:
    """Test them all, until `until_s` of `perf_counter`, and write the result folder `…-claims`.

    Raises LabError as that does, and for a former result folder whose sessions can't be read.
    """
    catalogue, conditions = prepare(backend.url, backend.access), with_backend(backend)
    earlier = {
        claim.name: sessions.read(results, claim, conditions, busy=guard is None)
        for claim in claims
        if claim.sessions > 1
    }
    with runs.result_folder(results, "claims") as folder:
        site = Site(backend, catalogue, folder / "pairs", console, guard, earlier, until_s)
        trials = list(_try_all(claims, site, console))
        other_work = [*_other_work(trials, guard)]
        _write(folder, trials, conditions, other_work, busy=guard is None)
    console.print(table.of(trials))
    for sentence in [*(note for trial in trials for note in notes(trial)), *other_work]:
        console.print(sentence, highlight=False, soft_wrap=True)
    console.print(f"{results.name}/{runs.final_name(folder)}/claims.html")
    return trials


def notes(trial: Trial) -> Iterator[str]:
    """Sentences on a trial, each with the claim's name."""
    arithmetic = trial.claim.arithmetic
    sentences = [*trial.notes, *([f"This restates arithmetic: {arithmetic}"] if arithmetic else [])]
    yield from (f"{trial.claim.name}: {sentence}" for sentence in sentences)


def _other_work(trials: Sequence[Trial], guard: Guard | None) -> Iterator[str]:
    slices = [one for trial in trials for one in trial.slices]
    limits_cores = {"every claim": guard.limit_cores} if guard else {}
    return disturbance.notes(
        slices, limits_cores, [f"{trial.claim.name}, {one}" for trial in trials for one in trial.invalid]
    )


def _try_all(claims: Sequence[Claim], site: Site, console: Console) -> Iterator[Trial]:
    for claim in claims:
        console.print(f"{claim.name}: about {duration(claim.whole_s)} minutes", highlight=False)
        if claim.name in site.earlier and sessions.is_too_early(site.earlier[claim.name].sessions, datetime.now(UTC)):
            console.print(f"{claim.name}: {sessions.TOO_EARLY}", highlight=False, soft_wrap=True)
        trial = try_out(claim, site)
        console.print(f"{claim.name}: {trial.judgement.in_words} ({duration(trial.seconds)} minutes)", highlight=False)
        yield trial


def _write(
    folder: Path, trials: Sequence[Trial], conditions: Mapping[str, Any], other_work: Sequence[str], *, busy: bool
) -> None:
    write_values(folder / "claims.csv", Row, [row for trial in trials for row in _rows(trial)])
    write_values(folder / "blocks.csv", Block, [block for trial in trials for block in _blocks(trial)])
    write_values(folder / "slices.csv", Slice, [one for trial in trials for one in trial.slices])
    page.write(folder / "claims.html", trials, conditions, other_work)
    record = {
        "folder": runs.final_name(folder),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "conditions": conditions,
        "busy": busy,
        "other_work": other_work,
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
            finding.detectable,
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
        "reason": trial.judgement.reason,
        "findings": [_finding(finding) for finding in trial.judgement.findings],
        "invalid": trial.invalid,
        "seconds": trial.seconds,
        "began": trial.began.isoformat(timespec="seconds"),
        "whole": trial.is_whole,
        "notes": trial.notes,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    statement = finding.statement
    record = {"says": statement.says, "unit": statement.unit, "range": statement.rule, "values": finding.values}
    return record | {"mean": finding.mean, "low": finding.low, "high": finding.high, "truth": finding.truth}
