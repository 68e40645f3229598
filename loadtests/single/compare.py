"""The comparison of two single runs: their figures, the ratios, and whether their conditions allow it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from loadtests import runs
from loadtests.conditions import differences
from loadtests.errors import LabError
from loadtests.options import CompareOptions
from loadtests.runs import Run, read_run
from loadtests.single import compare_chart
from loadtests.statistics import ALL, Summary
from loadtests.tables import write_values

ONE_RUN_CAVEAT = "One run a side decides nothing: these ratios hold for these two runs, not for the contenders."
_TELLING = ("failures", "p50_ms", "p95_ms")
"""The metrics of single endpoints that the terminal shows; the files have them all."""

METRICS = [field.name for field in fields(Summary) if field.name != "endpoint"]


@dataclass(frozen=True)
class Row:
    """One metric of one endpoint (`ALL` for all); `ratio` is b / a, None when either is missing or a is zero."""

    endpoint: str
    metric: str
    a: float | None
    b: float | None
    ratio: float | None
    conditions: str


@dataclass(frozen=True)
class Comparison:
    """Two runs, their figures, and the differing conditions that were accepted."""

    folder: str
    a: Run
    b: Run
    rows: list[Row]
    unlike: list[str]

    @property
    def notes(self) -> list[str]:
        """The warnings to read before any ratio."""
        forced = [f"Compared by force: their conditions differ in {', '.join(self.unlike)}."] if self.unlike else []
        return [ONE_RUN_CAVEAT, *forced]


def compare(options: CompareOptions, console: Console, results: Path) -> Comparison:
    """Compare two result folders and write a third. Raises LabError when their conditions differ, naming each."""
    a, b = read_run(options.a), read_run(options.b)
    unlike = differences(a.conditions, b.conditions)
    if unlike and not options.force:
        raise LabError(
            f"{a.folder} and {b.folder} were not run under the same conditions:\n  " + "\n  ".join(unlike) +
            "\nRun both again under the same ones, or compare them anyway with FORCE=1"
        )  # fmt: skip
    with runs.result_folder(results, "compare") as folder:
        comparison = Comparison(runs.final_name(folder), a, b, rows(a, b, "differ" if unlike else "alike"), unlike)
        write_values(folder / "comparison.csv", Row, comparison.rows)
        compare_chart.write(folder / "comparison.png", a, b, comparison.notes)
        runs.write_json(folder, _record(comparison))
    show(comparison, console)
    return comparison


def rows(a: Run, b: Run, conditions: str) -> list[Row]:
    """A row for each metric of each endpoint that either run has."""
    of_a, of_b = ({summary.endpoint: asdict(summary) for summary in run.summary} for run in (a, b))
    endpoints = [*sorted((of_a.keys() | of_b.keys()) - {ALL}), ALL]
    cells = ((name, metric, of_a.get(name, {}).get(metric), of_b.get(name, {}).get(metric))
             for name in endpoints for metric in METRICS)  # fmt: skip
    return [
        Row(name, metric, before, after, _ratio(before, after), conditions)
        for name, metric, before, after in cells
        if before is not None or after is not None
    ]


def show(comparison: Comparison, console: Console) -> None:
    """Print the table's most important rows, and the notes."""
    table = Table("endpoint", "metric", caption=f"a: {comparison.a.folder}\nb: {comparison.b.folder}")
    for heading in (f"a: {_name(comparison.a)}", f"b: {_name(comparison.b)}", "ratio b / a"):
        table.add_column(heading, justify="right")
    for row in filter(_is_telling, comparison.rows):
        table.add_row(
            row.endpoint,
            row.metric,
            _number(row.a),
            _number(row.b),
            _number(row.ratio),
            end_section=row.metric == _TELLING[-1] and row.endpoint != ALL,
        )
    console.print(table)
    for note in comparison.notes:
        console.print(note)


def _record(comparison: Comparison) -> dict[str, object]:
    return {
        "folder": comparison.folder,
        "a": _reference(comparison.a),
        "b": _reference(comparison.b),
        "conditions": comparison.a.conditions,
        "conditions_that_differ": comparison.unlike,
        "notes": comparison.notes,
    }


def _reference(run: Run) -> dict[str, object]:
    return {"folder": run.folder, "started": run.started, "contender": run.contender}


def _is_telling(row: Row) -> bool:
    return row.endpoint == ALL or row.metric in _TELLING


def _name(run: Run) -> str:
    return str(run.contender["name"])


def _ratio(before: float | None, after: float | None) -> float | None:
    return after / before if before and after is not None else None


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
