"""Serve it by uvicorn, as the async twin: `python -m loadtests.arms.quart_app`."""

from __future__ import annotations

import os

from async_app.server import serve
from loadtests.arms.quart_app import TWIN
from shared.settings import PREFIX, Settings

if __name__ == "__main__":
    settings = Settings.from_environ(os.environ, TWIN)
    os.environ[f"{PREFIX}SECRET"] = settings.secret  # the same in all workers
    serve(settings, "loadtests.arms.quart_app.app:create_app")
