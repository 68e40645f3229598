"""The page, from trials made here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claims import page
from tests.claims.support import CLAIM, rounds, trial

CONDITIONS = {
    "python": "3.11.7",
    "machine": {"cores": 2, "cpu": "Quick & Dirty", "system": "Linux", "kernel": "6.1"},
    "backend": {"version": "8.17.10", "mode": "embedded", "documents": 10_000},
}
SHOWN = rounds(*2 * (1.30, 1.32, 1.28, 1.31, 1.29, 1.30))


@pytest.fixture
def html(tmp_path: Path) -> str:
    page.write(tmp_path / "claims.html", [trial(SHOWN, invalid=("round 2: the <server> ended",))], CONDITIONS)
    return (tmp_path / "claims.html").read_text()


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing(html: str) -> None:
    assert re.findall(r"<(?:script|link|img|iframe|object)\b|\bsrc=|@import|url\(", html) == []


def test_the_page_tells_the_claim_its_source_and_the_mark(html: str) -> None:
    assert '<a href="#faster">Async is &lt;faster&gt;.</a>' in html
    assert '<a href="https://example.org/">Somebody &amp; somebody else</a>' in html
    assert '<strong class="good">reproduced</strong>' in html


def test_a_finding_stands_beside_its_range(html: str) -> None:
    cells = re.findall(r'<td data-heading="(?:must be|is|and so it)"[^>]*>(.*)</td>', html)
    assert cells == ["at least 1.05", "1.30 × [1.29 to 1.31]", "holds"]


def test_what_was_measured_is_shown_for_both_sides_with_gaps(html: str) -> None:
    numbers = re.findall(r'<td class="number">([\d,.]*)</td>', html)
    alike = ["10.0", "50.0", "2.50", "8.00", "0", "100", ""]
    assert numbers == ["100", *alike, "130", *alike]
    assert "16 threads" in html
    assert "100 connections" in html
    assert "8 users, get, Elasticsearch 20 ms away" in html


def test_rounds_that_proved_nothing_are_told_with_their_reason(html: str) -> None:
    assert "<li>round 2: the &lt;server&gt; ended</li>" in html


def test_a_claim_of_which_no_round_was_valid_is_shown_as_undecided(tmp_path: Path) -> None:
    page.write(tmp_path / "claims.html", [trial([], CLAIM)], CONDITIONS)
    html = (tmp_path / "claims.html").read_text()
    assert '<strong class="quiet">undecided</strong>' in html
    assert "not measured" in html
