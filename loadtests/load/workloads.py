"""Workloads: weighted mixes of user actions with seeded parameters.

An action is a generator that yields requests and receives their responses, so it needs no network and no load tool.
All its parameters are drawn before its first request, except an ETag, which comes from a response. So the same seed
gives the same requests, whichever service responds and however fast.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, count
from typing import Any
from urllib.parse import quote, urlencode

from loadtests.load import checks
from loadtests.load.catalogue import LOAD_TEST_TAG, Catalogue, Known
from loadtests.load.checks import Check, Response

SEED = "twinlab"
MIXED = "mixed"
_READS = {"search": 40, "get": 40, "similar": 10, "dashboard": 6}
WORKLOADS: Mapping[str, Mapping[str, int]] = {
    MIXED: {**_READS, "write": 4},
    "reads": _READS,
    **{action: {action: 1} for action in ("get", "search", "dashboard", "graphql", "write", "form")},
}
"""The weights of each workload's actions."""

SEARCH_WEIGHTS = {"one word": 50, "two words": 25, "in a genre": 15, "in a genre, newest first": 10}
GRAPHQL_WEIGHTS = {"book": 60, "page": 30, "dashboard": 10}
ZIPF_EXPONENT = 1.0
"""The exponent s of Zipf's law: the book of rank r is requested in proportion to 1 / r ** s."""
PAGE_SIZE = 10
KNOWN_REQUESTS = 2_000
"""Drawn from a workload for a replayed backend, which has to know all of them beforehand."""
_WRITES = frozenset({"write"})

_BOOK = "query($id: ID!) { book(id: $id) { id title year author { name } similar { id title } } }"
_PAGE = """query($query: String!, $size: Int!) {
  books(query: $query, size: $size) {
    page size total
    items { id title summary tags author { name } }
    facets { genre { value count } decade { value count } }
  }
}"""
_DASHBOARD = """{
  dashboard {
    totals { books authors averageRating }
    genres { value count } decades { value count } ratings { value count }
    top_rated: topRated { id title rating } newest { id title year }
  }
}"""


def definition(workload: str) -> dict[str, Any]:
    """Returns all that decides the requests, besides the catalogue: a condition of a run."""
    return {
        "name": workload,
        "seed": SEED,
        "action_weights": WORKLOADS[workload],
        "search_weights": SEARCH_WEIGHTS,
        "graphql_weights": GRAPHQL_WEIGHTS,
        "zipf_exponent": ZIPF_EXPONENT,
        "page_size": PAGE_SIZE,
    }


def only_reads(workload: str) -> bool:
    """Whether no action of the workload writes."""
    return _WRITES.isdisjoint(WORKLOADS[workload])


@dataclass(frozen=True)
class Request:
    """One request, the endpoint under which it is counted, and the check of its response."""

    endpoint: str
    method: str
    path: str
    check: Check
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Action = Generator[Request, Response, None]


class Popularity:
    """Draws books by Zipf's law: the catalogue's first is the most popular."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._books = catalogue.books
        self._cumulated = list(accumulate(1 / rank**ZIPF_EXPONENT for rank in range(1, len(self._books) + 1)))

    def draw(self, chance: random.Random) -> Known:
        return chance.choices(self._books, cum_weights=self._cumulated)[0]


class Visitor:
    """User number `number`: an endless sequence of actions that depends on seed, number, catalogue and workload.

    The kinds of actions and their parameters come from two streams of random numbers. `run` is a part of the ids of
    the books that it writes, so that runs on the same index write different ones.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        popularity: Popularity,
        number: int,
        workload: str = MIXED,
        run: str = "",
        seed: str = SEED,
    ) -> None:
        self._books = catalogue.books
        self._popularity = popularity
        self._weights = WORKLOADS[workload]
        self._prefix = f"{LOAD_TEST_TAG}-{run}-{number}"
        self._kinds = random.Random(f"{seed}/{number}/kinds")
        self._chance = random.Random(f"{seed}/{number}/parameters")
        self._written = count(1)
        self._actions: Mapping[str, Callable[[], Action]] = {
            "search": self._search,
            "get": self._get,
            "similar": self._similar,
            "dashboard": self._dashboard,
            "graphql": self._graphql,
            "write": self._write,
            "form": self._form,
        }

    def next_action(self) -> Action:
        """Returns the next action, with all its parameters drawn."""
        return self._actions[_drawn(self._kinds, self._weights)]()

    def _search(self) -> Action:
        book = self._chance.choice(self._books)
        kind = _drawn(self._chance, SEARCH_WEIGHTS)
        words = self._chance.sample(book.words, min(len(book.words), 2 if kind == "two words" else 1))
        query: dict[str, Any] = {"q": " ".join(words), "size": PAGE_SIZE}
        if kind.startswith("in a genre"):
            query["genre"] = book.genre
        if kind.endswith("newest first"):
            query |= {"year_from": book.year, "sort": "year"}
        check = checks.page(words, PAGE_SIZE, query.get("genre"), query.get("year_from"))
        return _single(Request("search", "GET", f"/api/books?{urlencode(query)}", check))

    def _get(self) -> Action:
        book = self._popularity.draw(self._chance)
        return _single(Request("get", "GET", _path(book.id), checks.book(book.id, book.title)))

    def _similar(self) -> Action:
        book = self._popularity.draw(self._chance)
        return _single(Request("similar", "GET", f"{_path(book.id)}/similar", checks.neighbours(book.id)))

    def _dashboard(self) -> Action:
        return _single(Request("dashboard", "GET", "/api/dashboard", checks.dashboard))

    def _graphql(self) -> Action:
        return _single(self._graphql_request())

    def _graphql_request(self) -> Request:
        kind = _drawn(self._chance, GRAPHQL_WEIGHTS)
        if kind == "book":
            book = self._popularity.draw(self._chance)
            return _query("book", _BOOK, checks.graphql_book(book.id, book.title), id=book.id)
        if kind == "page":
            word = self._chance.choice(self._chance.choice(self._books).words)
            return _query("page", _PAGE, checks.graphql_page([word], PAGE_SIZE), query=word, size=PAGE_SIZE)
        return _query("dashboard", _DASHBOARD, checks.graphql_dashboard)

    def _write(self) -> Action:
        return _life_of(f"{self._prefix}-{next(self._written)}")

    def _form(self) -> Action:
        """An empty form: a page that the service renders without a request to Elasticsearch."""
        return _single(Request("form", "GET", "/new", checks.status(200)))


def known_requests(catalogue: Catalogue, popularity: Popularity, workload: str) -> list[Request]:
    """KNOWN_REQUESTS of a workload that only reads, as its visitors send them, with repetitions."""
    visitor = Visitor(catalogue, popularity, 0, workload, seed=f"{SEED}/known")
    requests = (next(visitor.next_action()) for _ in range(KNOWN_REQUESTS))
    return [replace(one, check=checks.repeated(one.check)) for one in requests]


class Repeater:
    """User number `number` of known requests: each is drawn as often as any other."""

    def __init__(self, requests: Sequence[Request], number: int, seed: str = SEED) -> None:
        self._requests = requests
        self._chance = random.Random(f"{seed}/{number}/known")

    def next_action(self) -> Action:
        return _single(self._chance.choice(self._requests))


def _drawn(chance: random.Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _single(request: Request) -> Action:
    yield request


def _life_of(book_id: str) -> Action:
    """Creates a book, changes it and deletes it."""
    first, second = _draft("First edition"), _draft("Second edition")
    created = yield Request("create", "POST", "/api/books", _written_as(first, book_id, 201), {"id": book_id, **first})
    updated = yield Request("update", "PUT", _path(book_id), _written_as(second, book_id), second, _only(created))
    yield Request("delete", "DELETE", _path(book_id), checks.status(204), headers=_only(updated))


def _query(name: str, document: str, check: Check, **variables: Any) -> Request:
    return Request(f"graphql-{name}", "POST", "/graphql", check, {"query": document, "variables": variables})


def _path(book_id: str) -> str:
    return f"/api/books/{quote(book_id, safe='')}"


def _draft(title: str) -> dict[str, Any]:
    text = "Written by a load test, and gone when it ends."
    fixed = {"author": "Twinlab", "genre": "Load test", "year": 2000, "rating": 3.0, "tags": [LOAD_TEST_TAG]}
    return {"title": title, "summary": text, **fixed}


def _written_as(draft: Mapping[str, Any], book_id: str, expected_status: int = 200) -> Check:
    return checks.book(book_id, draft["title"], expected_status)


def _only(response: Response) -> dict[str, str]:
    return {"If-Match": response.headers["etag"]}
