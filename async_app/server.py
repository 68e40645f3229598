"""uvicorn, with uvloop and httptools."""

from __future__ import annotations

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
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_s,
        loop="uvloop",
        http="async_app.connections:Protocol",
        ws="none",
        lifespan="on",
        log_config=logs.config(settings.log),
        access_log=False,
        log_level="warning",
    )
