"""Documents as JSON, as the service responds them."""

from __future__ import annotations

import json
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encoded(document: dict[str, Any]) -> str:
    """One line: keys in the document's order, and all characters as they are."""
    return f"{_encode(document)}\n"
