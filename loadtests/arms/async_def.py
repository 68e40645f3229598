"""The sync twin with every view declared `async def`, and nothing else changed: what the declaration alone costs.

Flask starts an event loop for each such view and ends it with the view. What the view does, waiting included, is what
the plain one does; the client and its connections are shared as ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import flask

from loadtests.arms.server import serve
from shared.settings import Settings
from sync_app import TWIN
from sync_app.app import assemble
from sync_app.backend import init_app


class Flask(flask.Flask):
    """Plain Flask that declares the views that it is given."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        super().add_url_rule(rule, endpoint, view_func and declared(view_func), *args, **options)


def declared(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view as an `async def`."""

    @wraps(view)
    async def async_view(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return async_view


def create_app() -> Flask:
    settings = Settings.from_environ(os.environ, TWIN)
    app = Flask("sync_app", static_folder="../shared/static", template_folder="../shared/templates")
    init_app(app, settings)
    assemble(app, settings)
    return app


if __name__ == "__main__":
    serve("loadtests.arms.async_def:create_app()", "sync_app.gunicorn_conf")
