"""The selection beneath a document's books, known before they are fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from strawberry.types.nodes import SelectedField, Selection

from shared import queries


class Relation(NamedTuple):
    """A relation of a book to others: its neighbours, or its author's books."""

    kind: Literal["similar", "author"]
    size: int


Wanted: TypeAlias = "dict[Relation, Wanted]"
"""The relations to fetch for each book, with the relations of the books there."""


def wanted(book: Iterable[Selection]) -> Wanted:
    """The relations selected beneath a book. Raises ValidationError when a size is out of range."""
    relations: Wanted = {}
    for field in fields(book, "similar"):
        size = queries.Similar.model_validate(_given(field)).size
        _merge(relations, {Relation("similar", size): wanted(field.selections)})
    for field in fields(beneath(book, "author"), "books"):
        size = queries.ByAuthor.model_validate(_given(field)).size
        _merge(relations, {Relation("author", size): wanted(field.selections)})
    return relations


def count(relations: Wanted, books: int) -> int:
    """The most books that this many books and their relations can bring."""
    return books + sum(count(deeper, books * relation.size) for relation, deeper in relations.items())


def beneath(selections: Iterable[Selection], name: str) -> list[Selection]:
    """The selections beneath the fields of this name."""
    return [selection for field in fields(selections, name) for selection in field.selections]


def fields(selections: Iterable[Selection], name: str) -> Iterator[SelectedField]:
    """The fields of this name, including those in fragments. (No type here has subtypes: every fragment applies.)"""
    for selection in selections:
        if not _is_included(selection.directives):
            continue
        if not isinstance(selection, SelectedField):
            yield from fields(selection.selections, name)
        elif selection.name == name:
            yield selection


def _given(field: SelectedField) -> dict[str, Any]:
    """The arguments, without those whose variable has no value."""
    return {name: value for name, value in field.arguments.items() if value is not None}


def _is_included(directives: Mapping[str, Mapping[str, Any]]) -> bool:
    return directives.get("include", {}).get("if") is not False and directives.get("skip", {}).get("if") is not True


def _merge(relations: Wanted, others: Wanted) -> None:
    for relation, deeper in others.items():
        _merge(relations.setdefault(relation, {}), deeper)
