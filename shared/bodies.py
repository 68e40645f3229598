"""Request bodies: their limits, and their parsing into models."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from shared import problems

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 100
"""The deepest nesting of lists and objects: far less than Python's parser takes, whose limit depends on the caller."""

Model = TypeVar("Model", bound=BaseModel)


def check_size(length_bytes: int | None) -> None:
    """Refuse a body by its length, declared or read. Raises TooLarge."""
    if length_bytes is not None and length_bytes > MAX_BYTES:
        raise problems.TooLarge(f"A body may have {MAX_BYTES} bytes at most.")


def check_media_type(media_type: str) -> None:
    """Raises UnsupportedMediaType unless the body is JSON."""
    if media_type != "application/json":
        raise problems.UnsupportedMediaType("Send JSON, as Content-Type: application/json.")


def parse(raw: bytes, model: type[Model]) -> Model:
    """Parse a body. Raises TooLarge, Malformed (not JSON as RFC 8259 defines it) or Invalid (JSON, but not this
    model)."""
    return validate(load(raw), model)


def validate(value: Any, model: type[Model], strict: bool | None = None) -> Model:
    """Validate a value. Raises Invalid, which names each wrong field. `strict=False` reads numbers from text, as
    forms send them."""
    try:
        return model.model_validate(value, strict=strict)
    except ValidationError as error:
        raise problems.invalid(error) from error


def load(raw: bytes) -> Any:
    """The value of a body. Raises TooLarge or Malformed (not JSON as RFC 8259 defines it)."""
    check_size(len(raw))
    try:
        value = json.loads(raw, object_pairs_hook=without_duplicates, parse_constant=_refuse_constant)
    except ValueError as error:
        raise problems.Malformed(f"The body is not valid JSON: {error}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise _too_deep()
    return value


def _is_deep(value: Any) -> bool:
    level = _nests([value])
    for _ in range(MAX_DEPTH):
        level = _nests(inner for nest in level for inner in (nest.values() if isinstance(nest, dict) else nest))
    return bool(level)


def _nests(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, (dict, list))]


def _too_deep() -> problems.Malformed:
    return problems.Malformed(f"The body is nested more than {MAX_DEPTH} deep.")


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object of JSON. Raises ValueError when it has the same name twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
