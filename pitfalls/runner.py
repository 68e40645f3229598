"""Shows exhibits one after another, and leaves a table, a page and a record of what each did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtests import conditions, runs, tables
from pitfalls import page
from pitfalls.exhibit import Exhibit
from pitfalls.lab import Lab
from pitfalls.showing import Shown, show


@dataclass(frozen=True)
class Row:
    """A row of `pitfalls.csv`: what was to be shown, whether it was, and what each form did."""

    exhibit: str
    message: str
    environment: str
    provoked: str | None
    reproduced: bool
    cured: bool
    broken_did: str
    cured_did: str
    seconds: float


def run(exhibits: Sequence[Exhibit], es_url: str, console: Console, results: Path) -> list[Shown]:
    """Show them all, and write the result folder `…-pitfalls`. Raises LabError as that does."""
    with runs.result_folder(results, "pitfalls") as folder:
        logs = folder / "logs"
        logs.mkdir()
        shown = list(_show_all(exhibits, Lab(es_url, logs, console), console))
        _write(folder, shown)
    console.print(f"{results.name}/{runs.final_name(folder)}")
    return shown


def _show_all(exhibits: Sequence[Exhibit], lab: Lab, console: Console) -> Iterator[Shown]:
    for exhibit in exhibits:
        shown = show(exhibit, lab)
        console.out(f"{exhibit.name}: {shown.verdict} ({shown.seconds:.1f} s)")
        yield shown


def _write(folder: Path, shown: Sequence[Shown]) -> None:
    surroundings = conditions.surroundings()
    tables.write_values(folder / "pitfalls.csv", Row, map(_row, shown))
    page.write(folder / "pitfalls.html", shown, surroundings)
    record = {"folder": runs.final_name(folder), "conditions": surroundings, "exhibits": list(map(_record, shown))}
    runs.write_json(folder, record)


def _row(shown: Shown) -> Row:
    label, outcome = shown.exhibit.label, shown.outcome
    return Row(
        exhibit=shown.exhibit.name,
        message=label.message,
        environment=label.versions,
        provoked=label.provoked,
        reproduced=outcome.reproduced,
        cured=outcome.cures,
        broken_did=outcome.broken.observed,
        cured_did=outcome.cured.observed,
        seconds=shown.seconds,
    )


def _record(shown: Shown) -> dict[str, Any]:
    label = shown.exhibit.label.model_dump()
    return {"exhibit": shown.exhibit.name, **label, **asdict(shown.outcome), "seconds": shown.seconds}
