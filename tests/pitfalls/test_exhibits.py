"""Every exhibit in its short form, with real parts: the broken form fails as described, the cured one does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from loadtests.backend.loader import load_corpus
from loadtests.options import BackendOptions
from pitfalls import exhibit
from pitfalls.exhibit import Exhibit
from pitfalls.lab import Lab
from pitfalls.showing import show

pytestmark = [pytest.mark.robustness, pytest.mark.xdist_group("twins")]
"""Beside the twins' own tests, which need the same Elasticsearch."""


@pytest.fixture
def lab(elasticsearch_url: str, tmp_path: Path, console: Console) -> Lab:
    load_corpus(elasticsearch_url, BackendOptions(books=300), console)
    return Lab(elasticsearch_url, tmp_path, console, short=True)


@pytest.mark.parametrize("shown", exhibit.find(), ids=lambda shown: shown.name)
def test_the_broken_form_fails_as_described_and_the_cured_one_does_not(shown: Exhibit, lab: Lab) -> None:
    result = show(shown, lab)
    assert result.faults == [], result.outcome
    if _line(result.outcome.matrix[:1], headings=True) in shown.text:
        assert [row for row in result.outcome.matrix if _line([row]) not in shown.text] == []


def _line(rows: list[dict[str, str]], *, headings: bool = False) -> str:
    """A row of a table in Markdown, or the headings of its columns."""
    return "".join(f"| {' | '.join(row.keys() if headings else row.values())} |\n" for row in rows)
