"""The pages as HTTP: both twins send the same ones, and none lets a forged form or a script through."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.settings import OTHER, Twin
from tests.conftest import free_port
from tests.twins.broken_backends import answering, silent_backend
from tests.twins.recording import RecordedCall, Recorder
from tests.twins.served import served
from tests.twins.test_equal import BOOK, KNOWN, normalised
from tests.waiting import eventually

FORM = {name: str(value) for name, value in BOOK.items()} | {"tags": "pair, of two"}
SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
PATHS = (
    "/", "/?q=the", "/?q=the&genre=Mystery&year_from=1900&year_to=1999&sort=title&page=2&size=3", "/?q=nothinglikeit",
    "/?page=99", "/?page=0&sort=price", "/?year_from=2000&year_to=1999", "/?q=%3Cb%3E%26&author=%22&utm_source=x",
    f"/books/{KNOWN}", "/books/nope", "/books/%F0%9F%93%9A", "/dashboard", "/new", f"/books/{KNOWN}/edit",
    "/books/nope/edit", f"/books/{KNOWN}/delete", "/nowhere", "/nowhere/%3Cb%3E?x=%22", "/books/",
    "/static/nothing.css", "/static/twinlab.css", "/bootstrap/static/css/bootstrap.min.css",
)  # fmt: skip


def token(page: httpx.Response) -> str:
    return hidden(page, "csrf_token")


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def messages(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<div class="invalid-feedback[^"]*" id="([a-z_]+)-message">([^<]*)', page.text))


def headline(page: httpx.Response) -> str:
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    found = re.search(r"<h1[^>]*>([^<]*)</h1>", page.text)
    assert found is not None
    return html.unescape(found[1])


@pytest.fixture
def own(client: httpx.Client) -> Iterator[str]:
    """The id of a book of the test's own."""
    created = client.post("/api/books", json=BOOK)
    yield created.json()["id"]
    client.delete(created.headers["Location"])


@pytest.mark.parametrize("path", PATHS)
def test_both_twins_send_the_same_page(path: str, urls: dict[Twin, str], recorder: Recorder) -> None:
    assert seen(urls["async"] + path, recorder) == seen(urls["sync"] + path, recorder)


def seen(url: str, recorder: Recorder) -> tuple[int, str, list[RecordedCall]]:
    """A page but for its footer, its token and the twin's name, and the requests that Elasticsearch got for it."""
    recorder.take()
    answer = httpx.get(url)
    text = re.sub(r"<footer.*</footer>", "", answer.text, flags=re.DOTALL)
    for pattern in (r'name="csrf_token" value="[^"]*"', r"Request [0-9a-f]{32}", r"\ba?sync\b"):
        text = re.sub(pattern, "", text)
    return answer.status_code, text, [normalised(call) for call in recorder.take()]


def test_the_footer_tells_who_answered_and_what_it_cost(client: httpx.Client, twin: Twin) -> None:
    footer = client.get("/dashboard").text.partition("<footer")[2]
    facts = dict(re.findall(r"<dt>([^<]*)</dt> <dd>([^<]*)</dd>", footer))
    server = {"sync": "gunicorn", "async": "uvicorn"}[twin]
    assert facts["Twin"] == twin
    assert re.fullmatch(rf"{server} [0-9.]+", facts["Server"])
    assert re.fullmatch(r"[0-9]+", facts["Worker"])
    assert facts["In flight"] == "1"
    elasticsearch_ms, app_ms = (float(facts[name].removesuffix(" ms")) for name in ("Elasticsearch", "App"))
    assert 0 < elasticsearch_ms < app_ms


def test_the_footer_links_to_the_same_page_of_the_other_twin(client: httpx.Client, twin: Twin) -> None:
    footer = client.get("/?q=%22%3E&page=2").text.partition("<footer")[2]
    port = {"sync": 5001, "async": 5000}[twin]
    assert f'href="http://127.0.0.1:{port}/?q=%22%3E&amp;page=2">This page on the {OTHER[twin]} twin<' in footer


@pytest.mark.parametrize("path", ["/", f"/books/{KNOWN}", "/dashboard", "/new", "/nowhere"])
def test_a_page_may_load_only_what_the_service_holds(client: httpx.Client, twin: Twin, path: str) -> None:
    page = client.get(path)
    port = {"sync": 5001, "async": 5000}[twin]
    assert page.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        f"connect-src http://127.0.0.1:{port}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    loaded = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]*)"', page.text)
    assert [client.get(path).status_code for path in loaded] == [200] * 5
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|<script>", page.text) == []


@pytest.mark.parametrize(
    ("request_line", "status", "title"),
    [
        ("GET /nowhere", 404, "Not Found"),
        ("GET /books/nope", 404, "Not Found"),
        ("GET /books/nope/edit", 404, "Not Found"),
        ("GET /apiary", 404, "Not Found"),
        ("PUT /", 405, "Method Not Allowed"),
        ("POST /dashboard", 405, "Method Not Allowed"),
        ("POST /new", 400, "Bad Request"),
        ("GET /?page=0", 422, "Search the books"),
    ],
)
def test_errors_are_pages(client: httpx.Client, request_line: str, status: int, title: str) -> None:
    answer = client.request(*request_line.split())
    assert (answer.status_code, headline(answer)) == (status, title)


def test_a_backend_that_is_gone_is_a_page(twin: Twin) -> None:
    with served(twin, LAB_ES_URL=f"http://127.0.0.1:{free_port()}") as (_, client):
        answer = client.get("/")
        assert (answer.status_code, headline(answer)) == (503, "Service Unavailable")
        assert answer.headers["Retry-After"] == "1"


def test_a_backend_that_is_silent_is_a_page(twin: Twin) -> None:
    with silent_backend() as (url, _), served(twin, LAB_ES_URL=url, LAB_ES_TIMEOUT_S="0.5") as (_, client):
        answer = client.get("/dashboard")
        assert (answer.status_code, headline(answer)) == (504, "Gateway Timeout")


def test_a_fault_of_our_own_is_a_page_without_internals(twin: Twin) -> None:
    with answering(lambda *_: {}, status=400) as url, served(twin, LAB_ES_URL=url) as (_, client):
        answer = client.get("/")
        assert (answer.status_code, headline(answer)) == (500, "Internal Server Error")
        assert "BadRequestError" not in answer.text
        assert f"Request {answer.headers['X-Request-ID']}" in answer.text


@pytest.mark.parametrize("path", ["/new", f"/books/{KNOWN}/edit", f"/books/{KNOWN}/delete"])
def test_a_forged_form_is_refused_before_it_costs_a_call(client: httpx.Client, recorder: Recorder, path: str) -> None:
    own_token = token(client.get(path))
    client.cookies.clear()
    recorder.take()
    assert client.post(path, data=FORM).status_code == 400
    assert client.post(path, data=FORM | {"csrf_token": "forged"}).status_code == 400
    assert client.post(path, data=FORM | {"csrf_token": own_token}).status_code == 400  # without its cookie
    assert recorder.take() == []


def test_the_twins_do_not_overwrite_each_others_cookies(urls: dict[Twin, str]) -> None:
    with httpx.Client() as browser:
        tokens = {twin: token(browser.get(f"{url}/new")) for twin, url in urls.items()}
        for twin, url in urls.items():
            assert browser.post(f"{url}/new", data={"csrf_token": tokens[twin]}).status_code == 422


@pytest.mark.robustness
def test_all_workers_accept_a_form_of_one(twin: Twin, recorder: Recorder) -> None:
    with served(twin, LAB_WORKERS="2", LAB_ES_URL=recorder.url) as (_, client):
        form = {"csrf_token": token(client.get("/new"))}
        workers = set()

        def both_have_answered() -> bool:
            page = client.post("/new", data=form, headers={"Connection": "close"})
            assert page.status_code == 422
            workers.update(re.findall(r"<dt>Worker</dt> <dd>([0-9]+)", page.text))
            return len(workers) == 2

        eventually(both_have_answered)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: httpx.Client, twin: Twin) -> None:
    cookie = client.get("/new").headers["Set-Cookie"]
    assert re.fullmatch(rf"twinlab-{twin}=[^;]+; HttpOnly; Path=/; SameSite=Lax", cookie)
    assert "Set-Cookie" not in client.get("/").headers


def test_a_book_is_created_edited_and_deleted_by_forms(client: httpx.Client) -> None:
    form = FORM | {"csrf_token": token(client.get("/new"))}
    created = client.post("/new", data=form)
    assert created.status_code == 303
    path = created.headers["Location"]
    assert book(client, path) == BOOK | {"tags": ["pair", "of two"]}

    edit = client.get(f"{path}/edit")
    form |= {"title": "The Twins, again", "summary": "One\r\nTwo", "version": hidden(edit, "version")}
    assert client.post(f"{path}/edit", data=form).headers["Location"] == path
    assert book(client, path)["summary"] == "One\nTwo"
    page = client.get(path)
    assert headline(page) == "The Twins, again"
    assert "Your changes were saved." in page.text

    form["version"] = hidden(client.get(f"{path}/delete"), "version")
    assert client.post(f"{path}/delete", data=form).headers["Location"] == "/"
    assert client.get(path).status_code == 404


def book(client: httpx.Client, path: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api{path}").json()
    del found["id"]
    return found


@pytest.mark.parametrize("path", ["/new", f"/books/{KNOWN}/edit"])
def test_each_field_that_is_not_valid_has_its_message(client: httpx.Client, path: str) -> None:
    form = {"title": " ", "genre": "essay", "year": "soon", "rating": "6", "tags": "tag," * 51}
    answer = client.post(path, data=form | {"csrf_token": token(client.get(path))})
    assert answer.status_code == 422
    assert messages(answer) == {
        "title": "must not be blank",
        "author": "must not be blank",
        "year": "Input should be a valid integer",
        "rating": "Input should be less than or equal to 5",
        "tags": "List should have at most 50 items after validation, not 51",
    }
    assert 'value="soon"' in answer.text


def test_a_change_of_an_old_version_is_a_conflict(client: httpx.Client, own: str) -> None:
    path = f"/books/{own}"
    first = client.get(f"{path}/edit")
    old = FORM | {"csrf_token": token(first), "version": hidden(first, "version"), "title": "Mine"}
    client.put(f"/api{path}", json=BOOK | {"title": "Theirs"}, headers={"If-Match": f'"{old["version"]}"'})

    conflict = client.post(f"{path}/edit", data=old)
    assert conflict.status_code == 409
    assert re.findall(r'id="([a-z]+)-stored">Stored now: ([^<]*)', conflict.text) == [
        ("title", "Theirs"),
        ("tags", "pair"),
    ]
    assert client.post(f"{path}/delete", data=old).status_code == 409
    assert book(client, path)["title"] == "Theirs"

    assert client.post(f"{path}/edit", data=old | {"version": hidden(conflict, "version")}).status_code == 303
    assert book(client, path)["title"] == "Mine"


def test_a_conflict_is_told_though_both_wrote_the_same(client: httpx.Client, own: str) -> None:
    path = f"/books/{own}"
    first = client.get(f"{path}/edit")
    form = FORM | {"tags": "pair", "csrf_token": token(first), "version": hidden(first, "version")}
    client.put(f"/api{path}", json=BOOK, headers={"If-Match": f'"{form["version"]}"'})
    conflict = client.post(f"{path}/edit", data=form)
    assert conflict.status_code == 409
    assert "The stored book reads as yours." in conflict.text


def test_the_text_of_a_book_that_is_gone_can_be_kept(client: httpx.Client, own: str) -> None:
    edit = client.get(f"/books/{own}/edit")
    mine = FORM | {"csrf_token": token(edit), "version": hidden(edit, "version"), "title": "Mine <&>"}
    client.delete(f"/api/books/{own}")

    gone = client.post(f"/books/{own}/edit", data=mine)
    assert (gone.status_code, headline(gone)) == (404, "The book is gone")
    assert 'value="Mine &lt;&amp;&gt;"' in gone.text
    [action] = re.findall(r'<form method="post" action="([^"]*)"', gone.text)
    kept = client.post(action, data=mine | {"csrf_token": token(gone), "version": hidden(gone, "version")})
    path = kept.headers["Location"]
    assert book(client, path) == BOOK | {"title": "Mine <&>", "tags": ["pair", "of two"]}
    client.delete(f"/api{path}")


def test_what_a_book_says_is_text_on_every_page(client: httpx.Client) -> None:
    hostile = BOOK | dict.fromkeys(("title", "author", "genre", "summary"), f"{SCRIPT} scriptword")
    created = client.post("/api/books", json=hostile | {"tags": [SCRIPT], "rating": 5, "year": 2200})
    path = created.headers["Location"].removeprefix("/api")
    try:
        eventually(lambda: client.get("/api/books", params={"q": "scriptword"}).json()["total"])
        pages = [client.get("/", params={"q": "scriptword", "genre": hostile["genre"], "author": hostile["author"]})]
        pages += [client.get(place) for place in (path, f"{path}/edit", f"{path}/delete", "/dashboard", "/")]
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; <mark>" in pages[0].text
        assert [page.text.count("<script>") + page.text.count("<img") for page in pages] == [0] * len(pages)
    finally:
        client.delete(created.headers["Location"])


@pytest.mark.parametrize("name", ["q", "genre", "author", "year_from", "sort", "page", "size"])
def test_what_a_query_says_is_text(client: httpx.Client, name: str) -> None:
    page = client.get("/", params={name: SCRIPT})
    assert page.text.count("<script>") + page.text.count("<img") == 0
