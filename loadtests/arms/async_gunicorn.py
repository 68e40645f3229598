"""The async twin with gunicorn in charge of its workers, instead of uvicorn."""

from __future__ import annotations

import os

from uvicorn_worker import UvicornWorker

from async_app import TWIN
from async_app.server import of_worker
from loadtests.arms.server import serve
from shared.settings import Settings


class Worker(UvicornWorker):  # type: ignore[misc]
    """uvicorn, set as the twin itself sets it."""

    CONFIG_KWARGS = of_worker(Settings.from_environ(os.environ, TWIN))


if __name__ == "__main__":
    serve("async_app.app:create_app()")
