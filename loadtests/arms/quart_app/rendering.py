"""The rendering of pages: Bootstrap from its own package, tokens in forms, and the request's cost in the footer."""

from __future__ import annotations

import os
from typing import Any

from jinja2 import StrictUndefined
from quart import Quart, Response, current_app, render_template, request
from quart.sessions import SecureCookieSession, SecureCookieSessionInterface

from loadtests.arms.quart_app import TWIN
from loadtests.arms.quart_app.bootstrap import Bootstrap5
from loadtests.arms.quart_app.csrf import CSRFProtect
from shared import origins, telemetry
from shared.forms import FIELDS
from shared.highlights import segments
from shared.pages import content_security_policy, is_page
from shared.settings import OTHER, Settings

_CONFIG = {
    # Cookies know no ports: each twin has its own, or they would overwrite each other's on one host.
    "SESSION_COOKIE_NAME": f"twinlab-{TWIN}",
    "SESSION_COOKIE_SAMESITE": "Lax",
}
_csrf = CSRFProtect()


class _PageSessions(SecureCookieSessionInterface):
    """Sessions for the pages alone: the API's requests pay for no cookies."""

    async def open_session(self, app: Any, request: Any) -> SecureCookieSession | None:
        return await super().open_session(app, request) if is_page(request.path) else None

    def get_cookie_secure(self, app: Any) -> bool:
        """Whether the browser shall send the cookie by HTTPS alone: where it came by HTTPS itself."""
        return request.is_secure or super().get_cookie_secure(app)


def init_app(app: Quart, settings: Settings) -> None:
    app.config.update(_CONFIG, SECRET_KEY=settings.secret, PAGE_POLICY=content_security_policy(settings.twin_url))
    app.jinja_options = app.jinja_options | {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.session_interface = _PageSessions()
    Bootstrap5(app)
    _csrf.init_app(app)
    app.jinja_env.globals.update(
        twin=TWIN,
        other_twin=OTHER[TWIN],
        other_twin_url=settings.twin_url,
        server="ASGI",
        worker_id=os.getpid,
        current_account=telemetry.current,
        fields=FIELDS,
        segments=segments,
    )


async def check_token() -> None:
    """Refuse a form that no page of ours sent. Raises BadRequest or Malformed."""
    await _csrf.protect()
    if request.method == "POST":
        origins.check(request.headers, request.scheme, request.host)


async def render(template: str, status: int = 200, **context: Any) -> Response:
    """A page, which may load nothing but the service's own files."""
    html = await render_template(template, **context)
    return Response(html, status, {"Content-Security-Policy": current_app.config["PAGE_POLICY"]})
