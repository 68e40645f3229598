"""The application, assembled from its parts."""

from __future__ import annotations

import os

from hypercorn.middleware import ProxyFixMiddleware

from loadtests.arms.asgi import measured
from loadtests.arms.quart_app import TWIN, admission, backend, errors, rendering
from loadtests.arms.quart_app.api import api
from loadtests.arms.quart_app.asgi import Quart
from loadtests.arms.quart_app.graphql import graphql
from loadtests.arms.quart_app.health import health
from loadtests.arms.quart_app.openapi import openapi
from loadtests.arms.quart_app.pages import pages
from shared import bodies, documents
from shared.settings import Settings


def create_app(settings: Settings | None = None) -> Quart:
    """The application; the server opens its Elasticsearch client in each worker process."""
    settings = settings or Settings.from_environ(os.environ, TWIN)
    app = Quart(__name__, static_folder="../../../shared/static", template_folder="../../../shared/templates")
    backend.init_app(app, settings)
    assemble(app, settings)
    return app


def assemble(app: Quart, settings: Settings) -> None:
    """Give an application all its parts except the Elasticsearch client."""
    app.config.update(ENV="production", DEBUG=False)  # whatever FLASK_ENV and FLASK_DEBUG say
    app.config.update(
        MAX_CONTENT_LENGTH=bodies.MAX_BYTES,
        BODY_TIMEOUT=settings.client_timeout_s,
        RESPONSE_TIMEOUT=settings.client_timeout_s,
    )
    documents.choose(settings.service_json)
    app.asgi_app = measured(app.asgi_app)
    if settings.behind_proxy:
        app.asgi_app = ProxyFixMiddleware(app.asgi_app)
    rendering.init_app(app, settings)
    admission.init_app(app, settings)
    errors.init_app(app)
    app.register_blueprint(api)
    app.register_blueprint(graphql)
    app.register_blueprint(health)
    app.register_blueprint(openapi)
    app.register_blueprint(pages)
