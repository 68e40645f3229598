"""The checks of a supervisor: whether the process is alive, and whether it can do its work."""

from __future__ import annotations

from typing import Any

from aioflask import Blueprint

from async_app.driver import run
from shared import operations

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Any:
    return {"status": "alive"}


@health.get("/readyz")
async def ready() -> Any:
    return await run(operations.readiness())
