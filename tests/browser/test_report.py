"""The report of a comparison as it is read: on a desk, on a phone, and by those who can't see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from loadtests.comparison import report
from tests.browser.test_pages import grave_faults
from tests.harness.comparison.made_results import measured


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    given = measured(pairs=6)
    report.write(folder, given.result, given.requests, given.resources)
    return Path(folder / "report.html").as_uri()


@pytest.fixture
def reader(browser: Browser, size: tuple[int, int], address: str) -> Iterator[Page]:
    """The page in a browser that runs no scripts of its own and asks for nothing else."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    context.close()
    assert asked == [address]


def test_axe_finds_no_grave_fault_in_a_report_and_nothing_is_too_wide(reader: Page, size: tuple[int, int]) -> None:
    assert grave_faults(reader) == []
    assert reader.evaluate("document.documentElement.scrollWidth") == size[0]


def test_no_chart_is_wider_than_the_window(reader: Page, size: tuple[int, int]) -> None:
    widths = reader.locator("figure svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) == 13
    assert max(widths) <= size[0]
