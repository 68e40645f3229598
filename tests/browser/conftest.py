"""A real browser before both twins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from shared.settings import Twin
from tests.twins.conftest import certificate, client, recorder, twin, urls

__all__ = ["certificate", "client", "recorder", "twin", "urls"]

DESKTOP, PHONE = (1280, 800), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or where there is none the one that `playwright install chromium` fetches."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    pixels: tuple[int, int] = request.param
    return pixels


@pytest.fixture
def page(browser: Browser, twin: Twin, urls: dict[Twin, str]) -> Iterator[Page]:
    """A page of one twin, which in the end has asked no other host, run into no policy and opened no dialog."""
    context = browser.new_context(
        base_url=urls[twin], viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    hosts: set[str | None] = set()

    def refuse(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", refuse)
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert (faults, hosts) == ([], {"127.0.0.1"})
