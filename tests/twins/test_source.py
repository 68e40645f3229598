"""The twins' sources are the same but for the table of permitted differences, of which every row is needed."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

import pytest

from tests.twins.differences import DIFFERENCES, DIFFERENT_FILES
from tests.twins.server_refusals import REFUSALS

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
ROOT = Path(__file__).parents[2]


def code(source: str) -> str:
    """The code alone, in one form: without comments, docstrings and the order of imports."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def sorted_imports(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    imports = chain.from_iterable(map(each_alone, filter(is_import, lines)))
    return "\n".join([*sorted(imports), *(line for line in lines if not is_import(line))])


def each_alone(line: str) -> list[str]:
    """An import of several names as an import of each."""
    module, _, names = line.partition(" import ")
    return [f"{module} import {name}" for name in names.split(", ")] if names else [line]


def is_import(line: str) -> bool:
    return line.startswith(("import ", "from "))


def as_sync(text: str) -> str:
    for difference in DIFFERENCES:
        text = text.replace(difference.asynchronous, difference.synchronous)
    return sorted_imports(text)


def names(package: str) -> set[str]:
    return {path.name for path in (ROOT / package).glob("*.py")}


COMMON = sorted(names("async_app") - DIFFERENT_FILES.keys())


def test_both_twins_have_the_same_files() -> None:
    assert names("sync_app") - DIFFERENT_FILES.keys() == set(COMMON)


@pytest.mark.parametrize("name", COMMON)
def test_a_file_differs_by_the_table_only(name: str) -> None:
    sync_code = sorted_imports(code((ROOT / "sync_app" / name).read_text()))
    async_code = as_sync(code((ROOT / "async_app" / name).read_text()))
    assert async_code == sync_code


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.asynchronous)
def test_every_row_of_the_table_is_used(difference: tuple[str, str, str]) -> None:
    text = "".join(code((ROOT / "async_app" / name).read_text()) for name in COMMON)
    for row in DIFFERENCES[: DIFFERENCES.index(difference)]:
        text = text.replace(row.asynchronous, row.synchronous)
    assert difference[0] in text


@pytest.mark.parametrize("name", DIFFERENT_FILES)
def test_a_file_said_to_differ_does(name: str) -> None:
    sources = {(ROOT / twin / name).read_text() for twin in ("sync_app", "async_app") if (ROOT / twin / name).exists()}
    missing_in_one = any(not (ROOT / twin / name).exists() for twin in ("sync_app", "async_app"))
    assert len(sources) == (1 if missing_in_one else 2)


README = (ROOT / "README.md").read_text()


def test_the_readme_prints_the_table() -> None:
    rows = [
        f"| `{d.asynchronous.strip()}` | {f'`{d.synchronous}`' if d.synchronous else ''} | {d.reason} |"
        for d in DIFFERENCES
    ]
    rows += [f"| `{name}` | | {reason} |" for name, reason in DIFFERENT_FILES.items()]
    assert [row for row in rows if row not in README] == []


def test_the_readme_prints_what_the_servers_refuse() -> None:
    rows = [f"| {refusal.case} | {refusal.gunicorn} | {refusal.uvicorn} |" for refusal in REFUSALS]
    assert [row for row in rows if row not in README] == []
