"""Documents as JSON, as the service responds them: the same bytes, whatever library encodes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from shared.settings import Json

_standard = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Encode = Callable[[dict[str, Any]], bytes]

_has_short_exponent = re.compile(rb"e-\d(?!\d)").search
_LONG_FRACTION = b"0.0000"


def _by_standard(document: dict[str, Any]) -> bytes:
    return f"{_standard(document)}\n".encode()


def _by_orjson() -> Encode:
    """Python and orjson write floats between 1e-9 and 1e-4 differently: 1e-05 and 0.00001, 1e-06 and 1e-6.

    A document that may hold one of them is encoded by Python.
    """
    from orjson import OPT_APPEND_NEWLINE, dumps

    def encode(document: dict[str, Any]) -> bytes:
        content = dumps(document, option=OPT_APPEND_NEWLINE)
        is_alike = _LONG_FRACTION not in content and not _has_short_exponent(content)
        return content if is_alike else _by_standard(document)

    return encode


_encode: Encode = _by_standard


def choose(library: Json) -> None:
    """Encode all documents of this process by this library."""
    global _encode
    _encode = _by_standard if library == "standard" else _by_orjson()


def encoded(document: dict[str, Any]) -> bytes:
    """One line: keys in the document's order, and all characters as they are.

    Raises ValueError or TypeError for a text with lone surrogates, which UTF-8 can't encode.
    """
    return _encode(document)
