"""Request bodies: how large one may be, and how it becomes a value."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from shared import problems

MAX_BYTES = 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)


def check_size(length_bytes: int | None) -> None:
    """Refuse a body by its length, declared or read. Raises TooLarge."""
    if length_bytes is not None and length_bytes > MAX_BYTES:
        raise problems.TooLarge(f"A body may have {MAX_BYTES} bytes at most.")


def check_media_type(media_type: str) -> None:
    """Raises UnsupportedMediaType unless it is JSON."""
    if media_type != "application/json":
        raise problems.UnsupportedMediaType("Send JSON, as Content-Type: application/json.")


def parse(raw: bytes, model: type[Model]) -> Model:
    """Raises TooLarge, Malformed (not JSON as RFC 8259 defines it) or Invalid (JSON, but not such a model)."""
    check_size(len(raw))
    return validate(_loads(raw), model)


def validate(value: Any, model: type[Model], strict: bool | None = None) -> Model:
    """Raises Invalid, which names each field that is wrong. `strict=False` reads numbers from text, as forms send."""
    try:
        return model.model_validate(value, strict=strict)
    except ValidationError as error:
        raise problems.invalid(error) from error


def _loads(raw: bytes) -> Any:
    try:
        return json.loads(raw, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise problems.Malformed(f"The body is not valid JSON: {error}.") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has the same name twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
