"""The search page: the search, its results, and the searches one step away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.queries import MAX_RESULT_WINDOW, Search

_NEIGHBOURING_PAGES = 2


class Filter(NamedTuple):
    """A limit of the search, and the parameters of the same search without it."""

    label: str
    without: dict[str, str]


class Facet(NamedTuple):
    """A value that narrows the search, the number of books that it leaves, and the parameters of that search."""

    label: str
    books: int
    parameters: dict[str, str]


def given(parameters: Mapping[str, str]) -> dict[str, str]:
    """The search's own parameters that have a value: an empty field of the form is no parameter."""
    return {name: parameters[name] for name in Search.model_fields if parameters.get(name)}


@dataclass(frozen=True)
class Results:
    """A search in the words of its URL, and its results, or a message for each refused parameter."""

    given: Mapping[str, str]
    found: Mapping[str, Any] | None = None
    messages: Mapping[str, str] = field(default_factory=dict)

    def link(self, **changes: object) -> dict[str, str]:
        """The parameters of this search with some changed, or removed by None; the page becomes 1."""
        wanted = {**self.given, "page": None, **changes}
        return {name: str(value) for name, value in wanted.items() if value is not None}

    def page_link(self, page: int) -> dict[str, str]:
        return self.link(page=page if page > 1 else None)

    @property
    def filters(self) -> list[Filter]:
        """The limits of the search, each with the search without it."""
        limits = [
            Filter(f"{name.capitalize()}: {self.given[name]}", self.link(**{name: None}))
            for name in ("genre", "author")
            if name in self.given
        ]
        years = self._years()
        return limits + ([Filter(f"Years: {years}", self.link(year_from=None, year_to=None))] if years else [])

    @property
    def genres(self) -> list[Facet]:
        """The most frequent first."""
        return [Facet(value, count, self.link(genre=value)) for value, count in self._facet("genre")]

    @property
    def decades(self) -> list[Facet]:
        """The latest first."""
        return [
            Facet(f"{decade}s", count, self.link(year_from=decade, year_to=decade + 9))
            for decade, count in reversed(self._facet("decade"))
        ]

    @property
    def page(self) -> int:
        return int(self.found["page"]) if self.found else 1

    @property
    def last_page(self) -> int:
        """The last page that has books and that Elasticsearch reaches."""
        if not self.found:
            return 1
        total: int = self.found["total"]
        size: int = self.found["size"]
        return max(1, min(-(-total // size), MAX_RESULT_WINDOW // size))

    @property
    def near_pages(self) -> range:
        first = max(1, self.page - _NEIGHBOURING_PAGES)
        return range(first, min(self.last_page, self.page + _NEIGHBOURING_PAGES) + 1)

    def _facet(self, name: str) -> list[tuple[Any, int]]:
        buckets = self.found["facets"][name] if self.found else []
        return [(bucket["value"], bucket["count"]) for bucket in buckets]

    def _years(self) -> str:
        first, last = self.given.get("year_from"), self.given.get("year_to")
        if first and last:
            return f"{first} to {last}"
        return f"from {first}" if first else f"up to {last}" if last else ""
