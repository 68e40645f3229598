"""The sync twin in threads of a2wsgi, under uvicorn: a WSGI application on an ASGI server."""

from __future__ import annotations

import os

from a2wsgi import WSGIMiddleware

from async_app.server import serve
from loadtests.arms.flask3_granian import create_app as create_sync_app
from shared.settings import Settings
from sync_app import TWIN


def create_app() -> WSGIMiddleware:
    return WSGIMiddleware(create_sync_app(), workers=Settings.from_environ(os.environ, TWIN).threads)


if __name__ == "__main__":
    serve(Settings.from_environ(os.environ, TWIN), "loadtests.arms.flask3_a2wsgi:create_app")
