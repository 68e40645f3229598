"""The correct responses. Every response under load is checked against one of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


class WrongAnswer(Exception):
    """A wrong response. The text names the fault, and no particular book."""


@dataclass(frozen=True)
class Response:
    """An HTTP response as received; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Check = Callable[[Response], None]
"""Raises WrongAnswer."""


def status(expected: int) -> Check:
    """Check the status only."""

    def check(response: Response) -> None:
        _demand(response.status == expected, f"status {response.status} instead of {expected}")

    return check


def book(book_id: str, title: str, expected_status: int = 200) -> Check:
    """Check for this very book, with the ETag that a change of it needs."""

    def check(response: Response) -> None:
        _demand_book(_json(response, expected_status), book_id, title)
        _demand("etag" in response.headers, "no ETag")

    return check


def page(words: list[str], size: int, genre: str | None = None, since: int | None = None) -> Check:
    """Check for a page of a search with at least one hit; each item contains every word and passes the filters."""

    def check(response: Response) -> None:
        found = _json(response, 200)
        _demand_page(found, words, size)
        items = found["items"]
        _demand(genre is None or all(item["genre"] == genre for item in items), "a hit of another genre")
        _demand(since is None or all(item["year"] >= since for item in items), "a hit from before the years asked for")

    return check


def neighbours(book_id: str) -> Check:
    """Check for other books, each once."""

    def check(response: Response) -> None:
        _demand_neighbours(_json(response, 200)["items"], book_id)

    return check


def dashboard(response: Response) -> None:
    """Check for all six results, of a corpus that is not empty."""
    _demand_dashboard(_json(response, 200))


def graphql_book(book_id: str, title: str) -> Check:
    """Check for this very book, with its neighbours."""

    def check(response: Response) -> None:
        found = _data(response)["book"]
        _demand_book(found, book_id, title)
        _demand_neighbours(found["similar"], book_id)

    return check


def graphql_page(words: list[str], size: int) -> Check:
    """Check for a page of books with their authors, and the facets."""

    def check(response: Response) -> None:
        found = _data(response)["books"]
        items = [{**item, "author": item["author"]["name"]} for item in found["items"]]
        _demand_page({**found, "items": items}, words, size)

    return check


def graphql_dashboard(response: Response) -> None:
    """Check for all six results, under the REST API's names."""
    _demand_dashboard(_data(response)["dashboard"])


def repeated(check: Check) -> Check:
    """Check for a request that is sent many times: what has the status, the header names and the body of the last
    response that was right is right as well."""
    right: tuple[int, set[str], bytes] | None = None

    def check_again(response: Response) -> None:
        nonlocal right
        received = response.status, set(response.headers), response.body
        if received != right:
            check(response)
            right = received

    return check_again


def fault(response: Response, check: Check) -> str | None:
    """The fault of the response, or None."""
    try:
        check(response)
    except WrongAnswer as wrong:
        return str(wrong)
    except (KeyError, TypeError, AttributeError) as error:
        return f"a response of another shape ({type(error).__name__})"
    return None


def _json(response: Response, expected_status: int) -> Any:
    status(expected_status)(response)
    try:
        return orjson.loads(response.body)
    except ValueError as error:
        raise WrongAnswer("no JSON") from error


def _data(response: Response) -> Any:
    """The data of a GraphQL response without errors."""
    found = _json(response, 200)
    _demand("errors" not in found, "a GraphQL error")
    return found["data"]


def _demand_book(found: Mapping[str, Any], book_id: str, title: str) -> None:
    _demand((found["id"], found["title"]) == (book_id, title), "another book than the one asked for")


def _demand_page(found: Mapping[str, Any], words: list[str], size: int) -> None:
    items = found["items"]
    _demand((found["page"], found["size"]) == (1, size), "another page than the one asked for")
    _demand(found["total"] >= 1, "a book that is there was not found")
    _demand(len(items) == min(found["total"], size), "a page that is not full")
    _demand(all(_holds(item, words) for item in items), "a hit without the words asked for")
    _demand({"genre", "decade"} == set(found["facets"]), "other facets than promised")


def _demand_neighbours(items: Sequence[Mapping[str, Any]], book_id: str) -> None:
    ids = [item["id"] for item in items]
    _demand(book_id not in ids, "a book as its own neighbour")
    _demand(len(ids) == len(set(ids)), "a neighbour twice")


def _demand_dashboard(found: Mapping[str, Any]) -> None:
    expected = {"totals", "genres", "decades", "top_rated", "newest", "ratings"}
    _demand(set(found) == expected, "another dashboard than promised")
    _demand(found["totals"]["books"] >= 1, "a dashboard without books")
    _demand(all(found.values()), "a dashboard with an empty part")


def _holds(item: Mapping[str, Any], words: list[str]) -> bool:
    text = " ".join([item["title"], item["author"], item["summary"], *item["tags"]]).lower()
    return all(map(text.__contains__, words))


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise WrongAnswer(otherwise)
