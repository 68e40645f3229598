"""What a proxy in front of a twin may tell it, where LAB_BEHIND_PROXY is set. The servers believe no such header."""

from __future__ import annotations

from werkzeug.middleware.proxy_fix import ProxyFix

from shared.telemetry import WsgiApp


def believed(wsgi_app: WsgiApp) -> WsgiApp:
    """The application, which takes client, scheme and host from the last X-Forwarded-For, -Proto and -Host."""
    return ProxyFix(wsgi_app, x_for=1, x_proto=1, x_host=1)
