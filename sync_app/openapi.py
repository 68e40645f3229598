"""The route of the service's OpenAPI description."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from shared.openapi import document

openapi = Blueprint("openapi", __name__)


@openapi.get("/openapi.json")
def describe() -> Any:
    return document()
