"""docs/contenders.md has a row for each contender."""

from __future__ import annotations

import re

from loadtests.checkout import PROJECT
from loadtests.contenders import FILE, read

FIRST_CELL = re.compile(r"^\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \|", re.MULTILINE)


def test_each_contender_has_a_row_and_each_row_a_contender() -> None:
    cells = FIRST_CELL.findall((PROJECT / "docs" / "contenders.md").read_text())
    named = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert set(named) == set(read(FILE))
