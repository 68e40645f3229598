"""The checks of a supervisor: whether the process is alive, and whether it can do its work."""

from __future__ import annotations

from typing import Any

from quart import Blueprint

from loadtests.arms.quart_app.api import json_response
from loadtests.arms.quart_app.backend import run
from shared import operations

health = Blueprint("health", __name__)


@health.get("/healthz")
async def alive() -> Any:
    return json_response({"status": "alive"})


@health.get("/readyz")
async def ready() -> Any:
    return json_response(await run(operations.readiness()))
