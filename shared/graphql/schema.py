"""The schema: root fields that say what they need in a first execution, and get it in a second."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError
from strawberry import Info
from strawberry.extensions import ValidationCache
from strawberry.types import ExecutionContext
from strawberry.types.nodes import Selection

from shared import operations, queries
from shared.graphql import reading
from shared.graphql.documents import Documents
from shared.graphql.exchange import Exchange
from shared.graphql.lookahead import beneath, count, wanted
from shared.graphql.types import Book, BookInput, BookPage, Dashboard, NewBookInput, Sort

_SEARCH = queries.Search()
_SORT = Sort(_SEARCH.sort)


@strawberry.type
class Query:
    @strawberry.field
    def book(self, info: Info[Exchange], id: strawberry.ID) -> Book | None:
        relations = wanted(_selected(info))
        return info.context.ask(info, reading.book(id, relations), count(relations, 1))

    @strawberry.field(description="Books that hold every word of the query and pass all filters.")
    def books(
        self,
        info: Info[Exchange],
        query: str = _SEARCH.q,
        genre: str | None = None,
        author: str | None = None,
        year_from: int | None = None,
        year_to: int | None = None,
        sort: Sort = _SORT,
        page: int = _SEARCH.page,
        size: int = _SEARCH.size,
    ) -> BookPage | None:
        search = queries.Search(
            q=query,
            genre=genre,
            author=author,
            year_from=year_from,
            year_to=year_to,
            sort=sort.value,
            page=page,
            size=size,
        )
        relations = wanted(beneath(_selected(info), "items"))
        return info.context.ask(info, reading.books(search, relations), count(relations, size))

    @strawberry.field
    def dashboard(self, info: Info[Exchange]) -> Dashboard | None:
        lists = [wanted(beneath(_selected(info), name)) for name in ("topRated", "newest")]
        books = sum(count(relations, operations.LISTED) for relations in lists)
        return info.context.ask(info, reading.dashboard(*lists), books)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def create_book(self, info: Info[Exchange], book: NewBookInput) -> Book | None:
        relations = wanted(_selected(info))
        return info.context.ask(info, reading.create_book(book.to_pydantic(), relations), count(relations, 1))

    @strawberry.mutation(description="Replaces a book that still has this version.")
    def update_book(self, info: Info[Exchange], id: strawberry.ID, version: str, book: BookInput) -> Book | None:
        relations = wanted(_selected(info))
        return info.context.ask(
            info, reading.update_book(id, version, book.to_pydantic(), relations), count(relations, 1)
        )

    @strawberry.mutation(description="Deletes a book, only if it still has the version where one is given.")
    def delete_book(self, info: Info[Exchange], id: strawberry.ID, version: str | None = None) -> strawberry.ID | None:
        return info.context.ask(info, reading.delete_book(id, version), 0)


def _selected(info: Info[Exchange]) -> list[Selection]:
    return [selection for field in info.selected_fields for selection in field.selections]


class _Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave errors unlogged here: the client gets them, and faults of our own are logged with all others."""


SCHEMA = _Schema(Query, Mutation, extensions=[Documents, ValidationCache])
SDL = SCHEMA.as_str() + "\n"
"""The schema as GET /graphql/schema returns it, and as shared/schema.graphql holds it."""
