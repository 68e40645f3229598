"""The route of the service's OpenAPI description."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from shared.openapi import document
from sync_app.api import json_response

openapi = Blueprint("openapi", __name__)


@openapi.get("/openapi.json")
def describe() -> Any:
    return json_response(document())
