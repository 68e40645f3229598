"""The sync twin's plain views under the async twin's server: what `async def` adds where nothing is waited for.

aioflask calls a plain view as it is, on the event loop. A view that waits for Elasticsearch would stop the loop, so
this application is for work that waits for nothing.
"""

from __future__ import annotations

import os

from async_app.asgi import Flask
from loadtests.arms.server import serve
from shared.settings import Settings
from sync_app import TWIN
from sync_app.app import assemble
from sync_app.backend import close_client, init_app, open_client


def create_app() -> Flask:
    settings = Settings.from_environ(os.environ, TWIN)
    app = Flask("sync_app", static_folder="../shared/static", template_folder="../shared/templates")
    app.jinja_options = app.jinja_options | {"enable_async": False}
    init_app(app, settings)
    app.on_startup.append(_open)
    app.on_shutdown.append(_close)
    assemble(app, settings)
    return app


async def _open(app: Flask) -> None:
    open_client(app)


async def _close(app: Flask) -> None:
    close_client(app)


if __name__ == "__main__":
    serve("loadtests.arms.sync_views:create_app()")
