"""Texts that read the same are found alike, and shown as they came."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.books import INDEX
from shared.highlights import segments
from tests.twins.test_equal import BOOK

STORED: dict[str, Any] = BOOK | {
    "title": "Qcafe\u0301 of the Baker’s \u200eQship & Straße",
    "author": "Zoe\u0308 O’Qneil",
    "genre": "Qme\u0301moire",
    "summary": "The q\u00adwindmill <b>. A Qcafe\u0301.",
    "tags": ["qﬁnal"],
}


@pytest.fixture
def stored(client: httpx.Client, elasticsearch_url: str) -> Iterator[str]:
    """The id of a book in unusual bytes."""
    created = client.post("/api/books", json=STORED)
    httpx.post(f"{elasticsearch_url}/{INDEX}/_refresh").raise_for_status()
    yield created.json()["id"]
    client.delete(created.headers["Location"])


def found(client: httpx.Client, **parameters: str) -> dict[str, Any]:
    page: dict[str, Any] = client.get("/api/books", params=parameters).json()
    return page


def test_a_book_is_shown_as_it_came(client: httpx.Client, stored: str) -> None:
    assert client.get(f"/api/books/{stored}").json() == STORED | {"id": stored}
    assert html.escape(STORED["title"]) in client.get(f"/books/{stored}").text


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("qcafé", ["Qcafe\u0301"]),
        ("QCAFE\u0301", ["Qcafe\u0301"]),
        ("baker's qship\u200e", ["Baker’s", "Qship"]),
        ("baker`s qship", ["Baker’s", "Qship"]),
        ("STRASSE qship", ["Qship", "Straße"]),
        ("qwindmill", []),
        ("zoë o‘qneil", []),
        ("qfinal", []),
    ],
)
def test_a_search_finds_it_and_marks_its_own_text(
    client: httpx.Client, stored: str, words: str, marked: list[str]
) -> None:
    [item] = found(client, q=words)["items"]
    assert (item["id"], item["title"]) == (stored, STORED["title"])
    parts = [part for title in item["highlight"].get("title", []) for part in segments(title)]
    assert [part.text for part in parts if part.marked] == marked
    assert "".join(part.text for part in parts) == (STORED["title"] if marked else "")


def test_a_fragment_is_of_the_text_as_it_came(client: httpx.Client, stored: str) -> None:
    [item] = found(client, q="qwindmill")["items"]
    assert item["id"] == stored
    fragment = "".join(item["highlight"]["summary"])
    assert "The <mark>q\u00adwindmill</mark> &lt;b&gt;" in fragment


@pytest.mark.parametrize(
    "limit",
    [{"author": "zoë o'qneil"}, {"author": STORED["author"]}, {"genre": "QMÉMOIRE"}, {"genre": "qmémoire\u200f"}],
)
def test_a_filter_finds_it(client: httpx.Client, stored: str, limit: dict[str, str]) -> None:
    page = found(client, **limit)
    assert [item["id"] for item in page["items"]] == [stored]
    assert page["facets"]["genre"] == [{"value": STORED["genre"], "count": 1}]


def test_graphql_finds_the_books_of_an_author_in_other_bytes(
    client: httpx.Client, stored: str, elasticsearch_url: str
) -> None:
    other = client.post("/api/books", json=STORED | {"author": "Zoë O'Qneil", "genre": "Qmémoire"})
    try:
        httpx.post(f"{elasticsearch_url}/{INDEX}/_refresh").raise_for_status()
        document = f'{{ book(id: "{stored}") {{ author {{ name books {{ id }} }} similar {{ id }} }} }}'
        book = client.post("/graphql", json={"query": document}).json()["data"]["book"]
        both = {stored, other.json()["id"]}
        assert (book["author"]["name"], {b["id"] for b in book["author"]["books"]}) == (STORED["author"], both)
        assert other.json()["id"] in {b["id"] for b in book["similar"]}
        [facet] = found(client, genre="qmémoire")["facets"]["genre"]
        assert facet["count"] == 2
    finally:
        client.delete(other.headers["Location"])
