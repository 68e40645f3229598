"""Documents and their limits: a hostile document is refused by its text, before validation and before any call.

Fragments are measured once and counted wherever they are spread, so that a fragment that spreads itself exponentially
is measured in linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from strawberry.extensions import SchemaExtension

MAX_CHARACTERS = 10_000
MAX_VARIABLES = 60_000
"""Characters of the variables as JSON: two of the largest books."""

MAX_TOKENS = 1_000
MAX_DEPTH = 10
MAX_ALIASES = 20
MAX_FIELDS = 300
MAX_BOOKS = 500
"""The most books that a response may hold, by the sizes that its document asks for."""


class Measure(NamedTuple):
    """The size of a selection, with its fragments spread out. Introspection has no depth: the validation limits it."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0


_MOST = Measure(MAX_DEPTH, MAX_ALIASES, MAX_FIELDS)


class Documents(SchemaExtension):
    """Gives an execution its document, parsed once for all of them."""

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = parsed(self.execution_context.query or "")
        yield


@lru_cache(maxsize=128)
def parsed(text: str) -> DocumentNode:
    """Raises GraphQLError for text that is not GraphQL, and for a document beyond a limit, which it names."""
    document = parse(text, max_tokens=MAX_TOKENS)
    measure = _measurer(document)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            _check(measure(node.selection_set), node)
    return document


def _check(measured: Measure, operation: OperationDefinitionNode) -> None:
    for name, size, most in zip(Measure._fields, measured, _MOST, strict=True):
        if size > most:
            raise GraphQLError(f"The document goes beyond the limit of {most} for {name}.", operation)


def _measurer(document: DocumentNode) -> Callable[[SelectionSetNode | None], Measure]:
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    measured: dict[str, Measure] = {}

    def of_fragment(name: str) -> Measure:
        if name not in measured:
            measured[name] = Measure()  # for a fragment that spreads itself, which the validation refuses
            measured[name] = of_selections(fragments[name].selection_set if name in fragments else None)
        return measured[name]

    def of_field(node: FieldNode) -> Measure:
        inner = of_selections(node.selection_set)
        depth = 0 if node.name.value.startswith("__") else inner.depth + 1
        return Measure(depth, inner.aliases + (node.alias is not None), inner.fields + 1)

    def of_selections(selection_set: SelectionSetNode | None) -> Measure:
        parts = [Measure()]
        for node in selection_set.selections if selection_set else ():
            if isinstance(node, FieldNode):
                parts.append(of_field(node))
            elif isinstance(node, FragmentSpreadNode):
                parts.append(of_fragment(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                parts.append(of_selections(node.selection_set))
        depths, aliases, fields = zip(*parts, strict=True)
        return Measure(max(depths), sum(aliases), sum(fields))

    return of_selections
