"""docs/frameworks.md tells what contenders offer, and about how many lines of code they are."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from loadtests.checkout import PROJECT
from loadtests.contenders import FILE, read
from loadtests.load.workloads import WORKLOADS

PAGE = (PROJECT / "docs" / "frameworks.md").read_text()
ROW = re.compile(
    r"^\| `([a-z0-9-]+)` \| (yes|no) \| (yes|no) \| (yes|no) \|.* \| (\d+) \| `(.+)\{(.+)\}\.py` \|$", re.M
)
ROWS = ROW.findall(PAGE)
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def test_each_row_is_read() -> None:
    assert len(ROWS) == len(re.findall(r"^\| `", PAGE, re.M))


@pytest.mark.parametrize("row", ROWS, ids=[name for name, *_ in ROWS])
def test_a_row_is_true(row: tuple[str, ...]) -> None:
    name, rest, graphql, pages, lines, folder, modules = row
    offered = read(FILE)[name].workloads or WORKLOADS
    assert [rest, graphql, pages] == ["yes" if one in offered else "no" for one in ("mixed", "graphql", "form")]
    counted = sum(lines_of_code(PROJECT / f"{folder}{module}.py") for module in modules.split(","))
    assert abs(int(lines) - counted) <= 5, counted


def lines_of_code(file: Path) -> int:
    """The lines that hold more than blanks, comments and docstrings."""
    source = file.read_text()
    tokens = (token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in NO_CODE)
    code = {number for token in tokens for number in range(token.start[0], token.end[0] + 1)}
    return len(code - set(lines_of_texts(source)))


def lines_of_texts(source: str) -> list[int]:
    """The lines of docstrings, and of texts beneath a value that explain it."""
    return [
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    ]
