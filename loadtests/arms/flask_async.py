"""What `async def` views buy in plain Flask under WSGI: the async twin's own views, without aioflask.

Flask runs each view in an event loop of its own, which ends with the view. A client can't outlive its loop, so every
request opens one and closes it, with the connections that it made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, cast

import flask
from flask import g
from werkzeug.local import LocalProxy

from async_app import TWIN
from async_app.app import assemble
from async_app.client import new_client
from loadtests.arms.server import serve
from shared.settings import Settings


class Flask(flask.Flask):
    """Plain Flask, with an Elasticsearch client for as long as an event loop lasts."""

    jinja_options = {"enable_async": True}  # noqa: RUF012 - as Flask has it

    def async_to_sync(self, func: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        @wraps(func)
        async def with_client(*args: Any, **kwargs: Any) -> Any:
            async with new_client(self.extensions["settings"]) as g.elasticsearch:
                return await func(*args, **kwargs)

        return super().async_to_sync(with_client)


def create_app() -> Flask:
    settings = Settings.from_environ(os.environ, TWIN)
    app = Flask("async_app", static_folder="../shared/static", template_folder="../shared/templates")
    app.extensions |= {"settings": settings, "elasticsearch": LocalProxy(lambda: g.elasticsearch)}
    assemble(cast(Any, app), settings)  # all that it does, plain Flask can do
    return app


if __name__ == "__main__":
    serve("loadtests.arms.flask_async:create_app()")
