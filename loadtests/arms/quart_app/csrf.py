"""Tokens against forged requests, as Flask-WTF makes and checks them: it knows Flask's request and session alone."""

from __future__ import annotations

import hmac
import secrets

from itsdangerous import BadData, URLSafeTimedSerializer
from quart import Quart, current_app, g, request, session
from werkzeug.exceptions import BadRequest

_FIELD = "csrf_token"
_CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class CSRFProtect:
    """Named as Flask-WTF's, and used like it."""

    def init_app(self, app: Quart) -> None:
        """Give templates `csrf_token()`."""
        app.jinja_env.globals[_FIELD] = _token

    async def protect(self) -> None:
        """Refuse a form without its session's token. Raises BadRequest."""
        if request.method not in _CHANGING:
            return
        sent = (await request.form).get(_FIELD)
        if not sent:
            raise BadRequest("The CSRF token is missing.")
        if _FIELD not in session:
            raise BadRequest("The CSRF session token is missing.")
        try:
            token = _serializer().loads(sent)
        except BadData as error:
            raise BadRequest("The CSRF token is invalid.") from error
        if not hmac.compare_digest(session[_FIELD], token):
            raise BadRequest("The CSRF tokens do not match.")


def _token() -> str:
    """The session's token, signed; the same one wherever a request asks for it."""
    if _FIELD not in g:
        session.setdefault(_FIELD, secrets.token_hex())
        setattr(g, _FIELD, _serializer().dumps(session[_FIELD]))
    token: str = g.get(_FIELD)
    return token


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="csrf-token")
