"""The pages as a person uses them, on both twins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from shared.settings import OTHER, Twin
from tests.conftest import free_port
from tests.twins.broken_backends import answering, silent_backend
from tests.twins.conftest import BOOKS
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_equal import BOOK, KNOWN
from tests.twins.test_pages import SCRIPT
from tests.waiting import eventually

PATHS = (
    "/", "/?q=the&genre=Mystery&year_from=1900&size=3", "/?q=nothinglikeit", "/?year_from=2000&year_to=1999",
    f"/books/{KNOWN}", "/dashboard", "/new", f"/books/{KNOWN}/edit", f"/books/{KNOWN}/delete", "/nowhere",
)  # fmt: skip


@pytest.fixture
def own(client: httpx.Client) -> Iterator[str]:
    """The path of a book of the test's own."""
    with stored(client, BOOK) as path:
        yield path


@contextmanager
def stored(client: httpx.Client, book: dict[str, Any]) -> Iterator[str]:
    created = client.post("/api/books", json=book)
    yield created.headers["Location"].removeprefix("/api")
    client.delete(created.headers["Location"])


def grave_faults(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe calls serious or critical: the rule, and where it is broken."""
    violations = Axe().run(page).response["violations"]
    grave = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [(violation["id"], [node["target"] for node in violation["nodes"]]) for violation in grave]


def titles(page: Page) -> list[str]:
    return page.locator("article h2").all_inner_texts()


def test_searching(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("status")).to_have_text(f"{BOOKS} books")
    page.get_by_label("Words").fill("the")
    page.get_by_label("Words").press("Enter")
    page.wait_for_url(re.compile(r"[?&]q=the(&|$)"))
    assert {word.lower() for word in page.locator("mark").all_inner_texts()} == {"the"}
    page.get_by_label("Sort by").select_option("Title")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?q=the&sort=title")
    assert titles(page) == sorted(titles(page), key=str.lower)


def test_a_search_that_finds_nothing_says_what_to_do(page: Page) -> None:
    page.goto("/?q=nothinglikeit")
    expect(page.get_by_role("status")).to_have_text("No book fits this search.")
    page.get_by_role("link", name="see all books").click()
    expect(page.get_by_role("status")).to_have_text(f"{BOOKS} books")


def test_a_search_that_is_not_valid_says_which_field(page: Page) -> None:
    page.goto("/")
    page.get_by_label("From year").fill("2000")
    page.get_by_label("To year").fill("1999")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("alert")).to_have_text("This search can't be made.")
    expect(page.get_by_label("To year")).to_have_accessible_description("the last year must not be before the first")
    expect(page.get_by_label("From year")).to_have_value("2000")


def test_filtering(page: Page) -> None:
    page.goto("/?q=the")
    genres = page.get_by_role("region", name="Genre").get_by_role("listitem")
    genre, count = genres.first.inner_text().split("\n")
    genres.first.get_by_role("link").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(f"^{count} books?"))
    page.get_by_role("region", name="Decade").get_by_role("link").first.click()
    filters = page.get_by_role("list", name="Filters").get_by_role("link")
    expect(filters).to_have_text([re.compile(f"Genre: {genre}"), re.compile(r"Years: \d+ to \d+")])
    page.reload()  # the address says it all
    filters.last.click()
    expect(page.get_by_role("status")).to_have_text(re.compile(f"^{count} books?"))
    filters.first.click()
    page.wait_for_url("**/?q=the")


def test_paging(page: Page) -> None:
    page.goto("/?sort=title")
    first = titles(page)
    pages = page.get_by_role("navigation", name="Pages of the search")
    pages.get_by_role("link", name="Next").click()
    page.wait_for_url("**/?sort=title&page=2")
    second = titles(page)
    expect(pages.locator("[aria-current=page]")).to_have_text("2")
    assert sorted(first + second, key=str.lower) == first + second
    pages.get_by_role("link", name="Previous").click()
    page.wait_for_url("**/?sort=title")
    assert titles(page) == first
    page.goto("/?page=99")
    page.get_by_role("link", name="Go to its last page").click()
    page.wait_for_url(f"**/?page={-(-BOOKS // 10)}")


def test_opening_a_book_and_its_neighbour(page: Page) -> None:
    page.goto("/?q=the")
    title = titles(page)[0]
    page.locator("article h2 a").first.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(title)
    neighbour = page.get_by_role("region", name="Its neighbours").get_by_role("link").first
    name = neighbour.inner_text()
    assert name != title
    neighbour.click()
    expect(heading).to_have_text(name)


def test_the_dashboard(page: Page) -> None:
    page.goto("/dashboard")
    expect(page.locator(".totals dd").first).to_have_text(str(BOOKS))
    expect(page.get_by_role("img", name="Books by decade")).to_be_visible()
    expect(page.get_by_role("img", name="Books by rating")).to_be_visible()
    page.locator("summary").first.click()
    counts = page.locator("figure").first.locator("tbody td:last-child").all_inner_texts()
    assert sum(map(int, counts)) == BOOKS
    page.get_by_role("table", name="Books by genre").get_by_role("link").first.click()
    expect(page.get_by_role("list", name="Filters").get_by_role("link")).to_have_count(1)


def test_adding_and_deleting_a_book(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Add a book").click()
    page.get_by_label("Title").fill("A Book of One's Own")
    page.get_by_label("Year").fill("soon")
    page.get_by_role("button", name="Add the book").click()
    expect(page.get_by_role("alert")).to_have_text("The book was not saved: 4 fields need another look.")
    expect(page.get_by_label("Year")).to_have_accessible_description("Input should be a valid integer")
    expect(page.get_by_label("Title")).to_have_value("A Book of One's Own")
    for label, text in (("Author", "V. W."), ("Genre", "essay"), ("Year", "1929"), ("Rating", "4.5"), ("Tags", "a, b")):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Add the book").click()
    expect(page.get_by_role("status")).to_contain_text("The book was added.")
    expect(page.get_by_role("heading", level=1)).to_have_text("A Book of One's Own")
    expect(page.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text(["a", "b"])
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete the book").click()
    expect(page.get_by_role("status").first).to_contain_text("The book was deleted.")


def test_editing_a_book(page: Page, own: str) -> None:
    page.goto(own)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Summary")).to_have_value(BOOK["summary"])
    page.get_by_label("Summary").fill("One line.\nAnother line.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your changes were saved.")
    expect(page.locator(".summary")).to_have_text("One line.\nAnother line.", use_inner_text=True)


def test_two_who_edit_one_book(page: Page, own: str, client: httpx.Client) -> None:
    page.goto(f"{own}/edit")
    page.get_by_label("Title").fill("Mine")
    etag = client.get(f"/api{own}").headers["ETag"]
    client.put(f"/api{own}", json=BOOK | {"title": "Theirs"}, headers={"If-Match": etag})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else changed this book while you edited it.")
    expect(page.get_by_label("Title")).to_have_value("Mine")
    expect(page.get_by_label("Title")).to_have_accessible_description("Stored now: Theirs")
    assert grave_faults(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")


def test_a_script_in_every_field_is_shown_as_text(page: Page, client: httpx.Client) -> None:
    hostile = BOOK | {name: f"{SCRIPT} {name}word" for name in ("title", "author", "genre", "summary")}
    with stored(client, hostile | {"tags": [SCRIPT], "rating": 5, "year": 2200}) as path:
        eventually(lambda: client.get("/api/books", params={"q": "titleword"}).json()["total"])
        page.goto("/?q=titleword+summaryword")
        expect(page.locator("article h2")).to_have_text(hostile["title"])
        expect(page.locator("article p").last).to_contain_text(hostile["summary"])
        page.get_by_role("region", name="Genre").get_by_role("link", name=hostile["genre"]).click()
        assert no_element_of_the_script(page)
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(hostile["title"])
        expect(page.locator(".summary")).to_have_text(hostile["summary"])
        expect(page.get_by_role("list", name="Tags")).to_have_text(SCRIPT)
        for place in (path, f"{path}/edit", f"{path}/delete", "/dashboard"):
            page.goto(place)
            expect(page.locator("main")).to_be_visible()
            assert no_element_of_the_script(page)


def no_element_of_the_script(page: Page) -> bool:
    return page.locator("body script, img").count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_no_grave_fault_and_nothing_is_too_wide(page: Page, size: tuple[int, int], path: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(path)
    assert grave_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_filters_unfold_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    genres = page.get_by_role("region", name="Genre")
    expect(genres).to_be_hidden()
    page.get_by_role("button", name="Narrow by genre or decade").click()
    expect(genres).to_be_visible()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/dashboard")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Search")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("the")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q=the(&|$)"))


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [("/nowhere", 404, "Not Found"), ("/books/nope", 404, "Not Found"), ("/?page=0", 422, "Search the books")],
)
def test_error_pages(page: Page, path: str, status: int, heading: str) -> None:
    assert status_of(page, path) == status
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_a_method_that_is_not_allowed(page: Page) -> None:
    page.goto("/new")
    page.evaluate("document.querySelector('form').action = '/dashboard'")
    page.get_by_role("button", name="Add the book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Method Not Allowed")
    assert grave_faults(page) == []


def test_a_fault_of_our_own(page: Page, twin: Twin) -> None:
    with answering(lambda *_: {}, status=400) as url, served(twin, LAB_ES_URL=url) as (_, broken):
        assert status_of(page, f"{broken.base_url}/") == 500
        assert grave_faults(page) == []


def test_a_backend_that_is_gone(page: Page, twin: Twin) -> None:
    with served(twin, LAB_ES_URL=f"http://127.0.0.1:{free_port()}") as (_, broken):
        assert status_of(page, f"{broken.base_url}/") == 503
        expect(page.get_by_role("link", name="Try again")).to_be_visible()
        assert grave_faults(page) == []


def test_a_backend_that_is_silent(page: Page, twin: Twin) -> None:
    with silent_backend() as (url, _), served(twin, LAB_ES_URL=url, LAB_ES_TIMEOUT_S="0.5") as (_, broken):
        assert status_of(page, f"{broken.base_url}/dashboard") == 504
        assert grave_faults(page) == []


def status_of(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def test_the_way_to_the_other_twin(page: Page, twin: Twin, urls: dict[Twin, str], recorder: Recorder) -> None:
    link = page.get_by_role("link", name=f"This page on the {OTHER[twin]} twin")
    with served(twin, LAB_TWIN_URL=urls[OTHER[twin]], LAB_ES_URL=recorder.url) as (_, own):
        page.goto(f"{own.base_url}/?q=the&page=2")
        link.click()
        page.wait_for_url(f"{urls[OTHER[twin]]}/?q=the&page=2")
        expect(page.locator(".twin-badge")).to_have_text(OTHER[twin])


def test_no_way_leads_to_a_twin_that_does_not_run(page: Page, twin: Twin, recorder: Recorder) -> None:
    with served(twin, LAB_TWIN_URL=f"http://127.0.0.1:{free_port()}", LAB_ES_URL=recorder.url) as (_, own):
        with page.expect_event("requestfailed"):
            page.goto(f"{own.base_url}/")
        expect(page.locator("#other-twin")).to_be_hidden()
