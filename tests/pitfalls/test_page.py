"""The page and the verdict, from outcomes made here."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pitfalls import exhibit, page
from pitfalls.__main__ import NOT_AS_DESCRIBED, report
from pitfalls.exhibit import Form, Outcome
from pitfalls.showing import Shown

HOSTILE = "<script>alert('x')</script>"
CONDITIONS = {
    "python": "3.11.7",
    "machine": {"cores": 2, "cpu": "Quick & Dirty", "system": "Linux", "kernel": "6.1"},
}
OUTCOME = Outcome(
    Form(HOSTILE, {"requests": 6, "failures": 5}),
    Form("answered 200", {"requests": 6, "rate_per_s": 12.5}),
    reproduced=True,
    cures=True,
    matrix=[{"aiohttp": "3.10.0", "says": HOSTILE}],
)
SHOWN = [Shown(one, OUTCOME, 1.25) for one in exhibit.find()]


@pytest.fixture
def html(tmp_path: Path) -> str:
    page.write(tmp_path / "pitfalls.html", SHOWN, CONDITIONS)
    return (tmp_path / "pitfalls.html").read_text()


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing(html: str) -> None:
    assert re.findall(r"<(?:script|link|img|iframe|object)\b|\bsrc=|@import|url\(", html) == []


def test_whatever_was_observed_is_shown_as_text(html: str) -> None:
    assert html.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") == 2 * len(SHOWN)


@pytest.mark.parametrize("shown", [SHOWN, SHOWN[:1]], ids=["all exhibits", "only one"])
def test_links_within_the_page_lead_to_the_exhibits_in_it(shown: list[Shown], tmp_path: Path) -> None:
    page.write(tmp_path / "pitfalls.html", shown, CONDITIONS)
    html = (tmp_path / "pitfalls.html").read_text()
    names = {one.exhibit.name for one in shown}
    assert set(re.findall(r'\bid="([^"]+)"', html)) == names
    assert set(re.findall(r'\bhref="#([^"]+)"', html)) == names


def test_links_that_leave_the_page_are_reports_upstream(html: str) -> None:
    elsewhere = [link for link in re.findall(r'\bhref="([^"]+)"', html) if not link.startswith("#")]
    assert [link for link in elsewhere if not link.startswith("https://")] == []


def test_figures_stand_side_by_side_with_gaps_where_a_form_has_none(html: str) -> None:
    cells = [("requests", "6", "6"), ("failures", "5", ""), ("rate_per_s", "", "12.5")]
    figure = r'<td class="number">(.*)</td>\s*'
    found = re.findall(rf'<th scope="row">(\w+)</th>\s*{figure}{figure}', html)
    assert found == cells * len(SHOWN)


def test_the_diff_is_whole_and_tells_what_changes(html: str) -> None:
    line = '<span class="removed">-    return render_template(&#34;books.html&#34;, title=&#34;Books&#34;)</span>'
    assert line in html
    assert line.replace("removed", "added").replace("-    return", "+    return await") in html


@pytest.mark.parametrize(
    ("reproduced", "cures", "said"),
    [
        (True, True, ""),
        (False, True, "{}: not reproduced\n"),
        (True, False, "{}: not cured\n"),
        (False, False, "{}: not reproduced, not cured\n"),
    ],
)
def test_what_is_not_as_described_is_named_and_fails_the_run(
    reproduced: bool, cures: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = replace(SHOWN[0], outcome=replace(OUTCOME, reproduced=reproduced, cures=cures))
    assert report([odd, *SHOWN[1:]]) == (NOT_AS_DESCRIBED if said else 0)
    assert capsys.readouterr().err == said.format(odd.exhibit.name)
