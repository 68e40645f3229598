"""CSV files out of dataclasses, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtests.tables import read_values, write_values


@dataclass(frozen=True)
class Row:
    name: str
    count: int
    value: float | None
    words: str | None = None


def back(path: Path, *rows: Row) -> list[Row]:
    write_values(path / "rows.csv", Row, rows)
    return read_values(path / "rows.csv", Row)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    rows = [Row("a, b", 1, 2.5, 'a "word"'), Row("ü", 10**12, None)]
    assert back(tmp_path, *rows) == rows
    assert back(tmp_path) == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, 0.0),
        (1 / 3, 0.3333),
        (12345.678912, 12345.6789),
        (0.00001234567, 0.00001235),
        (-0.0000004, -0.0000004),
        (99999.99996, 100000.0),
    ],
)
def test_numbers_keep_four_decimals_and_small_ones_four_digits(tmp_path: Path, value: float, written: float) -> None:
    assert back(tmp_path, Row("a", 1, value))[0].value == written
