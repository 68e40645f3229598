"""The route of the service's OpenAPI description."""

from __future__ import annotations

from typing import Any

from aioflask import Blueprint

from async_app.api import json_response
from shared.openapi import document

openapi = Blueprint("openapi", __name__)


@openapi.get("/openapi.json")
def describe() -> Any:
    return json_response(document())
