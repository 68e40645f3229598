"""The route of the service's OpenAPI description."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from loadtests.arms.quart_app.api import json_response
from shared.openapi import document

openapi = Blueprint("openapi", __name__)


@openapi.get("/openapi.json")
async def describe() -> Any:
    return json_response(document())
