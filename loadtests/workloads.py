"""What users do: a weighted mix of actions with seeded parameters.

An action is a generator that yields requests and is sent their answers, so it needs no network and no load tool; the
same seed gives the same requests, whoever answers them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, count
from typing import Any
from urllib.parse import quote, urlencode

from loadtests import checks
from loadtests.catalogue import LOAD_TEST_TAG, Catalogue, Known
from loadtests.checks import Answer, Check

SEED = "twinlab"
ACTION_WEIGHTS = {"search": 40, "get": 40, "similar": 10, "dashboard": 6, "write": 4}
SEARCH_WEIGHTS = {"one word": 50, "two words": 25, "in a genre": 15, "in a genre, newest first": 10}
ZIPF_EXPONENT = 1.0
"""The book of rank r is asked for in proportion to r to the power of minus this (Zipf's law)."""
PAGE_SIZE = 10

DEFINITION = {
    "seed": SEED,
    "action_weights": ACTION_WEIGHTS,
    "search_weights": SEARCH_WEIGHTS,
    "zipf_exponent": ZIPF_EXPONENT,
    "page_size": PAGE_SIZE,
}
"""All that decides what is asked, besides the catalogue: a condition of a run."""


@dataclass(frozen=True)
class Ask:
    """One request, the endpoint under which it is counted, and what a right answer to it is."""

    endpoint: str
    method: str
    path: str
    check: Check
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Action = Generator[Ask, Answer, None]


class Popularity:
    """Draws books by Zipf's law: the catalogue's first is the most popular."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._books = catalogue.books
        self._cumulated = list(accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, len(self._books) + 1)))

    def draw(self, chance: random.Random) -> Known:
        return chance.choices(self._books, cum_weights=self._cumulated)[0]


class Visitor:
    """User number `number`: an endless sequence of actions that depends on the seed, the number and the catalogue."""

    def __init__(self, catalogue: Catalogue, popularity: Popularity, number: int) -> None:
        self._books = catalogue.books
        self._popularity = popularity
        self._number = number
        self._chance = random.Random(f"{SEED}/{number}")
        self._written = count(1)
        self._actions: Mapping[str, Callable[[], Action]] = {
            "search": self._search,
            "get": self._get,
            "similar": self._similar,
            "dashboard": self._dashboard,
            "write": self._write,
        }

    def next_action(self) -> Action:
        return self._actions[self._draw(ACTION_WEIGHTS)]()

    def _search(self) -> Action:
        book = self._chance.choice(self._books)
        kind = self._draw(SEARCH_WEIGHTS)
        words = self._chance.sample(book.words, min(len(book.words), 2 if kind == "two words" else 1))
        query: dict[str, Any] = {"q": " ".join(words), "size": PAGE_SIZE}
        if kind.startswith("in a genre"):
            query["genre"] = book.genre
        if kind.endswith("newest first"):
            query |= {"year_from": book.year, "sort": "year"}
        check = checks.page(words, PAGE_SIZE, query.get("genre"), query.get("year_from"))
        yield Ask("search", "GET", f"/api/books?{urlencode(query)}", check)

    def _get(self) -> Action:
        book = self._popularity.draw(self._chance)
        yield Ask("get", "GET", _path(book.id), checks.book(book.id, book.title))

    def _similar(self) -> Action:
        book = self._popularity.draw(self._chance)
        yield Ask("similar", "GET", f"{_path(book.id)}/similar", checks.neighbours(book.id))

    def _dashboard(self) -> Action:
        yield Ask("dashboard", "GET", "/api/dashboard", checks.dashboard)

    def _write(self) -> Action:
        """Create a book of one's own, change it, delete it."""
        book_id = f"{LOAD_TEST_TAG}-{self._number}-{next(self._written)}"
        first, second = _draft("First edition"), _draft("Second edition")
        created = yield Ask("create", "POST", "/api/books", _written_as(first, book_id, 201), {"id": book_id, **first})
        updated = yield Ask("update", "PUT", _path(book_id), _written_as(second, book_id), second, _only(created))
        yield Ask("delete", "DELETE", _path(book_id), checks.status(204), headers=_only(updated))

    def _draw(self, weights: Mapping[str, int]) -> str:
        return self._chance.choices(list(weights), list(weights.values()))[0]


def _path(book_id: str) -> str:
    return f"/api/books/{quote(book_id, safe='')}"


def _draft(title: str) -> dict[str, Any]:
    text = "Written by a load test, and gone when it ends."
    fixed = {"author": "Twinlab", "genre": "Load test", "year": 2000, "rating": 3.0, "tags": [LOAD_TEST_TAG]}
    return {"title": title, "summary": text, **fixed}


def _written_as(draft: Mapping[str, Any], book_id: str, expected_status: int = 200) -> Check:
    return checks.book(book_id, draft["title"], expected_status)


def _only(answer: Answer) -> dict[str, str]:
    return {"If-Match": answer.headers["etag"]}
