"""The figures of docs/scale.md, written anew: `python -m tests.harness.advice.document`.

Below each command `make advise …` of the document stand some of the tables that it prints, told by their first rows.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from loadtests.advice.costs import measured
from loadtests.advice.fleet import planned
from loadtests.advice.tables import Table, tables
from loadtests.checkout import PROJECT
from loadtests.comparison import files
from loadtests.comparison.figures import SIDES
from loadtests.options import AdviseOptions

DOCUMENT = PROJECT / "docs/scale.md"
_COMMAND = re.compile(r"^make advise (.+)$", re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def rewritten(text: str) -> str:
    """The document with the tables that its commands print today."""
    before, *parts = re.split(r"(?=^make advise )", text, flags=re.MULTILINE)
    return before + "".join(map(_with_tables, parts))


def _with_tables(part: str) -> str:
    """A part of the document that begins with a command."""
    command = _COMMAND.match(part)
    assert command is not None, part
    printed = {table.rows[0][0]: table for table in advised(command[1])}
    return _TABLE.sub(lambda found: _anew(found[0], printed), part)


def _anew(table: str, printed: dict[str, Table]) -> str:
    """Tables of other figures stay as they are."""
    label = table.splitlines()[2].split("|")[1].strip()
    return "".join(_lines(printed[label])) if label in printed else table


def _lines(table: Table) -> Iterator[str]:
    rows: list[Sequence[str]] = [table.header, ["---"] * len(table.header), *table.rows]
    return (f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


def advised(variables: str) -> list[Table]:
    """What `make advise` prints with these variables on its command line."""
    options = AdviseOptions.from_environ(dict(variable.split("=", 1) for variable in shlex.split(variables)))
    result = files.read(PROJECT / options.run)
    return tables([planned(measured(result, side), options) for side in SIDES], options)


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text()))
