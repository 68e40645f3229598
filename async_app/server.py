"""uvicorn, with uvloop (or asyncio's own loop) and httptools."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

import uvicorn

from shared import logs
from shared.settings import Settings

SERVER = f"uvicorn {uvicorn.__version__}"


def serve(settings: Settings) -> None:
    signal.signal(signal.SIGTERM, _end)
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


def _end(_number: int, _frame: FrameType | None) -> None:
    """uvicorn raises SIGTERM again when it has stopped because of it: who was told to end has not failed."""
    sys.exit()


def of_worker(settings: Settings) -> dict[str, Any]:
    """What uvicorn is to do in each worker, whoever starts the workers."""
    return {
        "loop": settings.loop,
        "http": "async_app.connections:Protocol",
        "ws": "none",
        "lifespan": "on",
        "reset_contextvars": True,
        "timeout_keep_alive": settings.keep_alive_s,
        "timeout_graceful_shutdown": settings.shutdown_s,
        "access_log": False,
        "proxy_headers": False,  # what a proxy may tell is the application's to decide, alike in both twins
    }
