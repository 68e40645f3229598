"""The application, assembled from its parts."""

from __future__ import annotations

import os

from werkzeug.middleware.proxy_fix import ProxyFix

from async_app import TWIN, admission, backend, errors, rendering
from async_app.api import api
from async_app.asgi import Flask
from async_app.graphql import graphql
from async_app.health import health
from async_app.openapi import openapi
from async_app.pages import pages
from shared import bodies, documents, upgrades
from shared.settings import Settings
from shared.telemetry import measured


def create_app(settings: Settings | None = None) -> Flask:
    """The application; the server opens its Elasticsearch client in each worker process."""
    settings = settings or Settings.from_environ(os.environ, TWIN)
    app = Flask(__name__, static_folder="../shared/static", template_folder="../shared/templates")
    backend.init_app(app, settings)
    assemble(app, settings)
    return app


def assemble(app: Flask, settings: Settings) -> None:
    """Give an application all its parts except the Elasticsearch client."""
    app.config.update(ENV="production", DEBUG=False)  # whatever FLASK_ENV and FLASK_DEBUG say
    app.config.update(MAX_CONTENT_LENGTH=bodies.MAX_BYTES, CLIENT_TIMEOUT_S=settings.client_timeout_s)
    documents.choose(settings.service_json)
    app.wsgi_app = measured(upgrades.ignored(app.wsgi_app))  # type: ignore[assignment]
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    rendering.init_app(app, settings)
    admission.init_app(app, settings)
    errors.init_app(app)
    app.register_blueprint(api)
    app.register_blueprint(graphql)
    app.register_blueprint(health)
    app.register_blueprint(openapi)
    app.register_blueprint(pages)
