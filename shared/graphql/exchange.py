"""The data between the two executions of a document: operations in the first, their results in the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from graphql import OperationType
from strawberry import Info

from shared import problems
from shared.graphql.documents import MAX_BOOKS
from shared.graphql.together import together
from shared.operations import Operation

T = TypeVar("T")


class Exchange:
    """The context of an execution; results are kept under the response keys of the root fields."""

    def __init__(self, results: Mapping[str, Any] | None = None) -> None:
        self._results = results
        self._books = 0
        self._in_turn = False
        self.operations: dict[str, Operation[Any]] = {}

    def ask(self, info: Info[Exchange], operation: Operation[T], books: int) -> T | None:
        """The result of a root field; None in the first execution.

        Raises Invalid when the document's root fields want too many books, and in the second execution the Problem that
        ended the operation.
        """
        key = str(info.path.key)
        if self._results is None:
            self._note(key, operation, books)
            self._in_turn = info.operation.operation is OperationType.MUTATION
            return None
        result: T | problems.Problem = self._results[key]
        if isinstance(result, problems.Problem):
            raise result
        return result

    def carry_out(self) -> Operation[Exchange]:
        """The context of the second execution: queries run side by side, mutations one after another."""
        rounds = [[operation] for operation in self.operations.values()]
        results = []
        for operations in rounds if self._in_turn else [self.operations.values()]:
            results += yield from together(operations)
        return Exchange(dict(zip(self.operations, results, strict=True)))

    def _note(self, key: str, operation: Operation[Any], books: int) -> None:
        self._books += books
        if self._books > MAX_BOOKS:
            raise problems.Invalid(f"The document asks for more than {MAX_BOOKS} books: choose smaller sizes.")
        self.operations[key] = operation
