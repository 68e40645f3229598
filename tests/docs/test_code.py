"""docs/code.md names files and what is in them; both exist."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from loadtests.checkout import PROJECT

DOCS = PROJECT / "docs"
PAGE = (DOCS / "code.md").read_text()
ROWS = re.findall(r"^\|[^|]+\|[^|]*\]\(([^)]+)\)[^|]*\| (`.+`) \|$", PAGE, re.MULTILINE)


def test_the_page_has_answers() -> None:
    assert len(ROWS) > 15


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", PAGE))))
def test_each_link_leads_somewhere(target: str) -> None:
    assert (DOCS / target).exists()


@pytest.mark.parametrize(("target", "names"), ROWS, ids=[target for target, _ in ROWS])
def test_each_file_has_what_to_look_for(target: str, names: str) -> None:
    assert set(re.findall(r"`([^`]+)`", names)) <= defined(DOCS / target)


def defined(file: Path) -> set[str]:
    """The names at the top level of a module; the keys and tables of a TOML file."""
    if file.suffix == ".toml":
        content = tomllib.loads(file.read_text())
        return {f"[{name}]" if isinstance(value, dict) else name for name, value in content.items()}
    return {name for node in ast.parse(file.read_text()).body for name in names_of(node)}


def names_of(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()
