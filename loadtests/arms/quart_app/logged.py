"""The application for servers that leave the service's log to it."""

from __future__ import annotations

import os
from logging.config import dictConfig

from loadtests.arms.quart_app import TWIN, app
from loadtests.arms.quart_app.asgi import Quart
from shared import logs
from shared.settings import Settings


def create_app() -> Quart:
    settings = Settings.from_environ(os.environ, TWIN)
    dictConfig(logs.config(settings.log))
    return app.create_app(settings)
