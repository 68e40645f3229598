"""uvicorn, with uvloop (or asyncio's own loop) and httptools."""

from __future__ import annotations

from typing import Any

import uvicorn

from shared import logs
from shared.settings import Settings

SERVER = f"uvicorn {uvicorn.__version__}"


def serve(settings: Settings) -> None:
    uvicorn.run(
        "async_app.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        backlog=settings.backlog,
        log_config=logs.config(settings.log),
        log_level="warning",
        **of_worker(settings),
    )


def of_worker(settings: Settings) -> dict[str, Any]:
    """What uvicorn is to do in each worker, whoever starts the workers."""
    return {
        "loop": settings.loop,
        "http": "async_app.connections:Protocol",
        "ws": "none",
        "lifespan": "on",
        "timeout_keep_alive": settings.keep_alive_s,
        "timeout_graceful_shutdown": settings.shutdown_s,
        "access_log": False,
    }
