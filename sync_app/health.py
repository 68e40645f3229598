"""The checks of a supervisor: whether the process is alive, and whether it can do its work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from shared import operations
from sync_app.api import json_response
from sync_app.backend import run

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Any:
    return json_response({"status": "alive"})


@health.get("/readyz")
def ready() -> Any:
    return json_response(run(operations.readiness()))
