"""The application, put together from its parts."""

from __future__ import annotations

import os

from flask import Flask

from shared import bodies
from shared.settings import Settings
from sync_app import TWIN, admission, client, errors, telemetry
from sync_app.api import api
from sync_app.health import health


def create_app(settings: Settings | None = None) -> Flask:
    """The application; the server opens its Elasticsearch client in each worker process."""
    settings = settings or Settings.from_environ(os.environ, TWIN)
    app = Flask(__name__, static_folder=None)
    app.config.update(JSON_SORT_KEYS=False, JSON_AS_ASCII=False)
    app.config.update(MAX_CONTENT_LENGTH=bodies.MAX_BYTES, CLIENT_TIMEOUT_S=settings.client_timeout_s)
    app.url_map.merge_slashes = False  # a redirect would name the host that the client claims to have asked
    client.init_app(app, settings)
    telemetry.init_app(app)
    admission.init_app(app, settings)
    errors.init_app(app)
    app.register_blueprint(api)
    app.register_blueprint(health)
    return app
