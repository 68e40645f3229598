"""The HTTP contract, said once and held by both twins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.twins.conftest import BOOKS
from tests.twins.test_equal import BOOK, KNOWN
from tests.waiting import eventually


@pytest.fixture
def own(client: httpx.Client) -> Iterator[httpx.Response]:
    """A book of the test's own, as its creation was answered."""
    created = client.post("/api/books", json=BOOK)
    yield created
    client.delete(created.headers["Location"])


def problem(answer: httpx.Response) -> tuple[int, str, list[str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    details = answer.json()
    assert details["status"] == answer.status_code
    return answer.status_code, details["title"], [fault["field"] for fault in details.get("errors", ())]


def test_a_search_answers_a_page_with_facets(client: httpx.Client) -> None:
    page = client.get("/api/books", params={"size": 5, "page": 2}).json()
    assert (page["total"], page["page"], page["size"], len(page["items"])) == (BOOKS, 2, 5, 5)
    assert sum(facet["count"] for facet in page["facets"]["genre"]) == BOOKS
    assert sum(facet["count"] for facet in page["facets"]["decade"]) == BOOKS
    fields = {"id", "title", "author", "genre", "year", "rating", "summary", "tags", "highlight"}
    assert all(set(item) == fields for item in page["items"])


def test_pages_follow_each_other(client: httpx.Client) -> None:
    ids = [
        item["id"]
        for page in (1, 2, 3)
        for item in client.get("/api/books", params={"sort": "title", "size": 100, "page": page}).json()["items"]
    ]
    assert len(set(ids)) == BOOKS


@pytest.mark.parametrize(("sort", "descending"), [("year", True), ("rating", True), ("title", False)])
def test_sorting(client: httpx.Client, sort: str, descending: bool) -> None:
    items = client.get("/api/books", params={"sort": sort, "size": 100}).json()["items"]
    values = [item[sort].lower() if sort == "title" else item[sort] for item in items]
    assert values == sorted(values, reverse=descending)


def test_filters_narrow_the_search(client: httpx.Client) -> None:
    known = client.get(f"/api/books/{KNOWN}").json()
    filters = {"genre": known["genre"], "author": known["author"], "year_from": known["year"], "year_to": known["year"]}
    items = client.get("/api/books", params=filters).json()["items"]
    assert KNOWN in [item["id"] for item in items]
    assert {(i["genre"], i["author"], i["year"]) for i in items} == {(known["genre"], known["author"], known["year"])}


def test_words_must_all_occur_and_are_highlighted(client: httpx.Client) -> None:
    known = client.get(f"/api/books/{KNOWN}").json()
    words = re.findall(r"[a-z]+", known["summary"].lower())[-6:]
    items = client.get("/api/books", params={"q": " ".join(words), "size": 100}).json()["items"]
    found = {item["id"]: item for item in items}
    assert "<mark>" in "".join(found[KNOWN]["highlight"]["summary"])
    texts = [" ".join([i["title"], i["author"], i["summary"], *i["tags"]]).lower() for i in items]
    assert [text for text in texts if not all(word in text for word in words)] == []


def test_a_highlight_is_safe_html(client: httpx.Client) -> None:
    hostile = client.post("/api/books", json=BOOK | {"title": "<script>alert(1)</script> quuxword"})

    def found() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = client.get("/api/books", params={"q": "quuxword"}).json()["items"]
        return items

    try:
        item = eventually(found)[0]
        assert item["highlight"]["title"] == ["&lt;script&gt;alert(1)&lt;&#x2F;script&gt; <mark>quuxword</mark>"]
    finally:
        client.delete(hostile.headers["Location"])


def test_a_book_is_created(client: httpx.Client, own: httpx.Response) -> None:
    assert own.status_code == 201
    read = client.get(own.headers["Location"])
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, own.json(), own.headers["ETag"])
    assert own.json() == {"id": own.json()["id"], **BOOK}


def test_a_book_that_was_not_changed_is_not_sent_again(client: httpx.Client, own: httpx.Response) -> None:
    unchanged = client.get(own.headers["Location"], headers={"If-None-Match": own.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_an_update_needs_the_version_that_it_changes(client: httpx.Client, own: httpx.Response) -> None:
    path, first = own.headers["Location"], own.headers["ETag"]
    assert problem(client.put(path, json=BOOK))[0] == 428
    updated = client.put(path, json=BOOK | {"year": 2001}, headers={"If-Match": first})
    assert (updated.status_code, updated.json()["year"]) == (200, 2001)
    assert problem(client.put(path, json=BOOK, headers={"If-Match": first}))[0] == 412
    assert client.get(path).headers["ETag"] == updated.headers["ETag"]


def test_a_delete_honours_the_version(client: httpx.Client, own: httpx.Response) -> None:
    path = own.headers["Location"]
    assert problem(client.delete(path, headers={"If-Match": '"99-99"'}))[0] == 412
    assert client.delete(path, headers={"If-Match": own.headers["ETag"]}).status_code == 204
    assert problem(client.get(path))[0] == 404


def test_an_id_can_be_taken_once(client: httpx.Client) -> None:
    assert problem(client.post("/api/books", json=BOOK | {"id": KNOWN}))[0] == 409


def test_neighbours_are_other_books(client: httpx.Client) -> None:
    items = client.get(f"/api/books/{KNOWN}/similar", params={"size": 3}).json()["items"]
    assert len(items) == 3
    assert KNOWN not in [item["id"] for item in items]


def test_the_dashboard_answers_six_questions(client: httpx.Client) -> None:
    board = client.get("/api/dashboard").json()
    assert list(board) == ["totals", "genres", "decades", "top_rated", "newest", "ratings"]
    assert board["totals"]["books"] == BOOKS
    assert len(board["top_rated"]) == len(board["newest"]) == 5
    assert sum(bucket["count"] for bucket in board["ratings"]) == BOOKS


def test_health(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready", "books": BOOKS}


JSON = {"Content-Type": "application/json"}
REQUIRED = ["title", "author", "genre", "year", "rating", "summary"]


@pytest.mark.parametrize(
    ("request_line", "arguments", "expected"),
    [
        ("GET /api/books?size=101", {}, (422, "Unprocessable Entity", ["size"])),
        ("GET /api/books?page=101&size=100", {}, (422, "Unprocessable Entity", ["size"])),
        ("GET /api/books?year_from=2000&year_to=1999", {}, (422, "Unprocessable Entity", ["year_to"])),
        ("GET /api/books?colour=red&sort=price", {}, (422, "Unprocessable Entity", ["sort", "colour"])),
        ("POST /api/books", {"json": {"title": ""}}, (422, "Unprocessable Entity", REQUIRED)),
        ("POST /api/books", {"content": b"{", "headers": JSON}, (400, "Bad Request", [])),
        ("POST /api/books", {"content": b"{}"}, (415, "Unsupported Media Type", [])),
        ("POST /api/books", {"json": "x" * 1024 * 1024}, (413, "Request Entity Too Large", [])),
        ("POST /api/dashboard", {}, (405, "Method Not Allowed", [])),
        ("GET /api/books/nope", {}, (404, "Not Found", [])),
        ("GET /api/nowhere", {}, (404, "Not Found", [])),
    ],
)
def test_errors_are_problem_details(
    client: httpx.Client, request_line: str, arguments: dict[str, Any], expected: tuple[int, str, list[str]]
) -> None:
    method, path = request_line.split()
    assert problem(client.request(method, path, **arguments)) == expected


def test_a_chunked_body_is_read(client: httpx.Client) -> None:
    raw = iter([b'{"title": "Chunks", ', b'"year": 1}'])
    headers = {"Content-Type": "application/json"}
    assert problem(client.post("/api/books", content=raw, headers=headers))[2] == [
        "author",
        "genre",
        "rating",
        "summary",
    ]


def test_a_chunked_body_is_limited_too(client: httpx.Client) -> None:
    chunks = (b" " * 65536 for _ in range(17))
    assert problem(client.post("/api/books", content=chunks, headers={"Content-Type": "application/json"}))[0] == 413


def test_every_answer_tells_its_id_and_its_times(client: httpx.Client) -> None:
    answer = client.get(f"/api/books/{KNOWN}", headers={"X-Request-ID": "from-the-client"})
    assert answer.headers["X-Request-ID"] == "from-the-client"
    times = re.fullmatch(r"es;dur=([0-9.]+), app;dur=([0-9.]+)", answer.headers["Server-Timing"])
    assert times is not None
    assert 0 < float(times[1]) < float(times[2])


@pytest.mark.parametrize("offered", ["a b", "x" * 65, "<script>", ""])
def test_a_request_id_that_is_not_sane_is_replaced(client: httpx.Client, offered: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": offered})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/books?size=0"])
def test_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "text",
    ["a OR", "title:(", '"', "\\", "/.*/", "[1 TO", "*", "AND NOT", "💥 本", "\u202e", "' OR 1=1 --", "{}", "x" * 1000],
)
def test_a_query_is_words_and_no_syntax(client: httpx.Client, text: str) -> None:
    assert client.get("/api/books", params={"q": text}).status_code == 200


def test_a_query_of_10_kb_is_told_the_limit(client: httpx.Client) -> None:
    assert problem(client.get("/api/books", params={"q": "word " * 2048})) == (422, "Unprocessable Entity", ["q"])
