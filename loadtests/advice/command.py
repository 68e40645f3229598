"""`make advise`: how many workers, machines and nodes a rate needs, by what a stored comparison measured."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Shown

from loadtests.advice.costs import measured
from loadtests.advice.fleet import planned
from loadtests.advice.notes import notes
from loadtests.advice.tables import Table, tables
from loadtests.checkout import PROJECT
from loadtests.comparison import files
from loadtests.errors import LabError
from loadtests.options import AdviseOptions


def advise(options: AdviseOptions, console: Console) -> None:
    """Print what the contenders of the comparison need, and how sure that is. Raises LabError where it can't tell."""
    result = files.read(PROJECT / options.run)
    if result.replay:
        raise LabError(
            f"{options.run} was measured on a replayed backend, so Elasticsearch's part is not known: name a "
            "comparison on a real one by RUN=results/…"
        )
    fleets = [planned(measured(result, side), options) for side in result.contenders]
    for table in tables(fleets, options):
        console.print(_shown(table))
    for note in notes(result, fleets, options):
        console.print(note, highlight=False)


def _shown(table: Table) -> Shown:
    shown = Shown(*table.header, title=table.title, title_justify="left")
    for row in table.rows:
        shown.add_row(*row)
    return shown
