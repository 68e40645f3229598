"""The sync twin under Granian, whose threads call it. It has no hooks for workers: each opens its client here."""

from __future__ import annotations

from flask import Flask

from loadtests.arms.server import serve_granian
from sync_app import TWIN
from sync_app import app as sync_app
from sync_app.backend import open_client
from sync_app.gathering import open_threads


def create_app() -> Flask:
    app = sync_app.create_app()
    open_client(app)
    open_threads(app)
    return app


if __name__ == "__main__":
    serve_granian("loadtests.arms.flask3_granian:create_app", "wsgi", TWIN)
