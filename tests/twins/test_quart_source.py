"""The sources on Quart are the async twin's but for the table of differences, of which every row is needed."""

from __future__ import annotations

import re

import pytest

from tests.twins.quart_differences import AS_THEY_ARE, DIFFERENCES, DIFFERENT_FILES, Difference
from tests.twins.test_source import ROOT, code, names, sorted_imports

PACKAGE = "loadtests/arms/quart_app"
COMMON = sorted(names(PACKAGE) - DIFFERENT_FILES.keys())
_MODULES = "|".join(AS_THEY_ARE)
OWN = re.compile(rf"async_app(?!\.({_MODULES})\b| import ({_MODULES})\b)")
PAGE = (ROOT / "docs" / "quart.md").read_text()


def as_quart(text: str) -> str:
    for difference in DIFFERENCES:
        text = text.replace(difference.aioflask, difference.quart)
    return sorted_imports(OWN.sub(PACKAGE.replace("/", "."), text))


def row(before: str, after: str, reason: str) -> str:
    return f"| {cell(before)} | {cell(after)} | {reason} |"


def cell(text: str) -> str:
    return "<br>".join(f"`{line.strip()}`" for line in text.splitlines())


def test_every_file_of_the_async_twin_is_accounted_for() -> None:
    used = {f"{name}.py" for name in AS_THEY_ARE}
    assert names("async_app") - DIFFERENT_FILES.keys() == {*COMMON, *used}


@pytest.mark.parametrize("name", COMMON)
def test_a_file_differs_by_the_table_only(name: str) -> None:
    quart = sorted_imports(code((ROOT / PACKAGE / name).read_text()))
    assert as_quart(code((ROOT / "async_app" / name).read_text())) == quart


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.aioflask.strip())
def test_every_row_of_the_table_is_used(difference: Difference) -> None:
    text = "".join(code((ROOT / "async_app" / name).read_text()) + "\n" for name in COMMON)
    for earlier in DIFFERENCES[: DIFFERENCES.index(difference)]:
        text = text.replace(earlier.aioflask, earlier.quart)
    assert difference.aioflask in text


@pytest.mark.parametrize("name", DIFFERENT_FILES)
def test_a_file_said_to_differ_does(name: str) -> None:
    quart, aioflask = ROOT / PACKAGE / name, ROOT / "async_app" / name
    assert not aioflask.exists() or as_quart(code(aioflask.read_text())) != sorted_imports(code(quart.read_text()))


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_a_module_said_to_be_used_as_it_is_knows_no_aioflask(name: str) -> None:
    assert "flask" not in code((ROOT / "async_app" / f"{name}.py").read_text())


def test_the_page_prints_the_table() -> None:
    rows = [row(*difference) for difference in DIFFERENCES]
    rows += [f"| `{name}` | | {reason} |" for name, reason in DIFFERENT_FILES.items()]
    rows += [f"| `{name}.py` | as it is | |" for name in AS_THEY_ARE]
    assert [one for one in rows if one not in PAGE] == []
