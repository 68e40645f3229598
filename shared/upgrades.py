"""Offers to upgrade a connection, which neither twin takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from shared.telemetry import WsgiApp


def ignored(wsgi_app: WsgiApp) -> WsgiApp:
    """The application without such offers in its requests: Werkzeug has no HTTP route for a request that offers a
    websocket."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop("HTTP_UPGRADE", None)
        return wsgi_app(environ, start_response)

    return app
