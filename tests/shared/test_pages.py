"""What the pages show, decided without a server: highlights, links, forms and charts."""

from __future__ import annotations

from typing import Any

import pytest

from shared import charts, problems
from shared.books import Draft
from shared.forms import BookForm
from shared.highlights import segments
from shared.operations import Stored
from shared.pages import is_page, messages
from shared.search_page import Filter, Results, given

BOOK: dict[str, Any] = {
    "title": "The Twins", "author": "A. Writer", "genre": "essay", "year": 1999, "rating": 4.5, "summary": "",
    "tags": ["pair", "of two"],
}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/books",
        "//api/books",
        "/./api/books",
        "/x/../api",
        "/graphql",
        "/healthz",
        "/readyz",
        "/openapi.json",
    ],
)
def test_programs_get_problem_details(path: str) -> None:
    assert not is_page(path)


@pytest.mark.parametrize("path", ["/", "/books/api", "/apiary", "/dashboard", "/static/x", "*"])
def test_people_get_pages(path: str) -> None:
    assert is_page(path)


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("", []),
        ("plain", [("plain", False)]),
        ("<mark>a</mark> b <mark>c</mark>", [("a", True), (" b ", False), ("c", True)]),
        ("&lt;mark&gt;&amp;lt; <mark>&quot;x&#x27;</mark>", [("<mark>&lt; ", False), ("\"x'", True)]),
    ],
)
def test_a_highlight_becomes_text_and_marks(fragment: str, expected: list[tuple[str, bool]]) -> None:
    assert segments(fragment) == expected


def test_a_search_takes_its_own_parameters_that_hold_something() -> None:
    assert given({"q": "x", "genre": "", "page": "2", "utm_source": "y"}) == {"q": "x", "page": "2"}


def test_a_step_from_a_search_begins_at_its_first_page() -> None:
    results = Results({"q": "x", "page": "3", "genre": "a"})
    assert results.link(genre="b") == {"q": "x", "genre": "b"}
    assert results.page_link(2) == {"q": "x", "genre": "a", "page": "2"}
    assert results.page_link(1) == {"q": "x", "genre": "a"}


@pytest.mark.parametrize(
    ("years", "label"),
    [
        ({"year_from": "1990", "year_to": "1999"}, "Years: 1990 to 1999"),
        ({"year_from": "1990"}, "Years: from 1990"),
        ({"year_to": "1999"}, "Years: up to 1999"),
    ],
)
def test_each_filter_can_be_lifted(years: dict[str, str], label: str) -> None:
    results = Results({"q": "x", "genre": "a", **years})
    assert results.filters == [Filter("Genre: a", {"q": "x", **years}), Filter(label, {"q": "x", "genre": "a"})]


@pytest.mark.parametrize(
    ("total", "size", "page", "last", "near"),
    [
        (0, 10, 1, 1, [1]),
        (10, 10, 1, 1, [1]),
        (11, 10, 1, 2, [1, 2]),
        (100, 10, 5, 10, [3, 4, 5, 6, 7]),
        (1_000_000, 10, 1000, 1000, [998, 999, 1000]),
    ],
)
def test_pages_reach_as_far_as_elasticsearch_does(total: int, size: int, page: int, last: int, near: list[int]) -> None:
    results = Results({}, {"total": total, "size": size, "page": page})
    assert (results.last_page, list(results.near_pages)) == (last, near)


def test_a_form_gives_the_book_back_that_it_was_made_of() -> None:
    form = BookForm.of(Stored({"id": "x", **BOOK}, "7-1"))
    assert form.book(Draft) == Draft(**BOOK)
    assert BookForm.sent({**form.texts, "version": "7-1"}) == form


def test_a_form_tells_each_fault_once_by_its_field() -> None:
    form = BookForm.sent({**BookForm.of(Stored(BOOK, "")).texts, "year": "soon", "tags": f"{'x' * 101}, {'y' * 101}"})
    with pytest.raises(problems.Invalid) as refused:
        form.book(Draft)
    assert list(messages(refused.value)) == ["tags", "year"]
    assert messages(refused.value)["year"] == "Input should be a valid integer"


def test_a_form_shows_what_someone_else_changed() -> None:
    mine = BookForm.sent({**BookForm.of(Stored(BOOK, "7-1")).texts, "title": "Mine"})
    merged = mine.on_top_of(Stored(BOOK | {"tags": []}, "8-1"))
    assert (merged.version, merged.texts) == ("8-1", mine.texts)
    assert merged.stored == {"title": "The Twins", "tags": ""}


def test_a_form_tells_a_conflict_without_a_difference_from_none() -> None:
    form = BookForm.of(Stored(BOOK, "7-1"))
    assert (form.stored, form.on_top_of(Stored(BOOK, "8-1")).stored) == (None, {})


def test_a_form_whose_book_is_gone_before_it_can_be_laid_on_top() -> None:
    form = BookForm.of(Stored(BOOK, "7-1"))
    saving = form.save("b1")
    next(saving)
    assert saving.send({"_id": "b1", "_seq_no": 8, "_primary_term": 1, "_source": BOOK}) == next(form.save("b1"))
    with pytest.raises(problems.NotFound):
        saving.throw(problems.NotFound(""))


def test_columns_stand_at_their_values_with_gaps() -> None:
    buckets = [{"value": 1980, "count": 3}, {"value": 2000, "count": 6}]
    chart = charts.columns(buckets, 10)
    assert chart.columns == [
        charts.Column(48.0, 103.0, 96.0, 93.0, 1980, 3),
        charts.Column(288.0, 10.0, 96.0, 186.0, 2000, 6),
    ]
    assert chart.values == [charts.Label(96.0, "1980"), charts.Label(216.0, "1990"), charts.Label(336.0, "2000")]
    assert [label.text for label in chart.counts] == ["0", "2", "4", "6"]


def test_many_columns_have_few_labels() -> None:
    chart = charts.columns([{"value": decade, "count": 1} for decade in range(1800, 2030, 10)], 10)
    assert [label.text for label in chart.values] == ["1800", "1850", "1900", "1950", "2000"]
