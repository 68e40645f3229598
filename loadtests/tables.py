"""CSV files of dataclasses: a column for each field, None as an empty cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from math import floor, isfinite, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

_DECIMALS = _DIGITS = 4
"""Times are in ms or s, rates per second, all measured far less precisely than this many decimals; a small share or
p keeps as many significant digits."""


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_readable(cell) for cell in row] for row in rows)


def write_values(path: Path, kind: type[DataclassInstance], values: Iterable[DataclassInstance]) -> None:
    """Write values of `kind`, whose fields are the columns even when there are no values."""
    write_rows(path, [field.name for field in fields(kind)], map(astuple, values))


def read_values(path: Path, kind: type[T], former: Mapping[str, Mapping[str, str]] | None = None) -> list[T]:
    """Read the values that `write_values` wrote, to its number of decimals.

    `former` maps a column's former words to the current ones.
    """
    words = former or {}
    row = TypeAdapter(kind)
    with path.open(newline="", encoding="utf-8") as file:
        return [
            row.validate_python({name: words.get(name, {}).get(cell, cell) or None for name, cell in cells.items()})
            for cells in csv.DictReader(file)
        ]


def _readable(cell: Any) -> Any:
    return round(cell, max(_DECIMALS, _DIGITS - _places(cell))) if isinstance(cell, float) and isfinite(cell) else cell


def _places(number: float) -> int:
    """The number of digits before the decimal point; less than zero for a number below 0.1."""
    return floor(log10(abs(number))) + 1 if number else 0
