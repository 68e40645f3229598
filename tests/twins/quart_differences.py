"""What going from aioflask to Quart changes in the code of this service: every difference, and no other."""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """A text of the async twin, what stands in its place on Quart (nothing: it is left out), and why."""

    aioflask: str
    quart: str
    reason: str


_IN_A_THREAD = "Quart runs a plain function in a thread"
_AWAITED_BODY = "the body may not have come yet"
_HOOKS = "Quart's own hooks, which get no application"
_EDGE = "the middleware is ASGI's"
_SESSIONS = "a session's store may wait"
_NO_EXTENSION = "the extension knows Flask's request and session alone"

DIFFERENCES = (
    Difference("from aioflask import", "from quart import", "Quart takes aioflask's place"),
    Difference("from flask.sessions import", "from quart.sessions import", "Quart takes Flask's place"),
    Difference("def alive", "async def alive", _IN_A_THREAD),
    Difference("def describe", "async def describe", _IN_A_THREAD),
    Difference("def show_schema", "async def show_schema", _IN_A_THREAD),
    Difference("def enter", "async def enter", _IN_A_THREAD),
    Difference("def leave", "async def leave", _IN_A_THREAD),
    Difference("def read_body", "async def read_body", _AWAITED_BODY),
    Difference("(read_body()", "(await read_body()", _AWAITED_BODY),
    Difference("request.stream.read(bodies.MAX_BYTES + 1)", "await request.get_data()", _AWAITED_BODY),
    Difference("sent(request.form)", "sent(await request.form)", _AWAITED_BODY),
    Difference("request.form.get", "(await request.form).get", _AWAITED_BODY),
    Difference("def check_token", "async def check_token", _AWAITED_BODY),
    Difference("_csrf.protect()", "await _csrf.protect()", _AWAITED_BODY),
    Difference("def open_session", "async def open_session", _SESSIONS),
    Difference("super().open_session", "await super().open_session", _SESSIONS),
    Difference(" flash(", " await flash(", "it sends a signal, which may wait"),
    Difference("request.environ.get('HTTP_IF_NONE_MATCH')", "request.headers.get('If-None-Match')", "no WSGI environ"),
    Difference("request.environ['PATH_INFO']", "request.scope['path']", "no WSGI environ"),
    Difference("app.on_startup.append(open_client)", "app.before_serving(open_client)", _HOOKS),
    Difference("app.on_shutdown.append(close_client)", "app.after_serving(close_client)", _HOOKS),
    Difference("_client(app: Flask)", "_client()", _HOOKS),
    Difference("new_client(app.extensions", "new_client(current_app.extensions", _HOOKS),
    Difference("    app.extensions['elasticsearch']", "    current_app.extensions['elasticsearch']", _HOOKS),
    Difference("await app.extensions", "await current_app.extensions", _HOOKS),
    Difference("from shared.telemetry import measured", "from loadtests.arms.asgi import measured", _EDGE),
    Difference(
        "from werkzeug.middleware.proxy_fix import ProxyFix",
        "from hypercorn.middleware import ProxyFixMiddleware",
        _EDGE,
    ),
    Difference("ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)", "ProxyFixMiddleware(app.asgi_app)", _EDGE),
    Difference("upgrades.ignored(app.wsgi_app)", "app.asgi_app", "no WSGI route to confuse"),
    Difference("import bodies, documents, upgrades", "import bodies, documents", "no WSGI route to confuse"),
    Difference("app.wsgi_app", "app.asgi_app", _EDGE),
    Difference(
        "CLIENT_TIMEOUT_S=settings.client_timeout_s",
        "BODY_TIMEOUT=settings.client_timeout_s, RESPONSE_TIMEOUT=settings.client_timeout_s",
        "Quart's own limits for slow clients",
    ),
    Difference("from flask_bootstrap import", "from loadtests.arms.quart_app.bootstrap import", _NO_EXTENSION),
    Difference("from flask_wtf.csrf import", "from loadtests.arms.quart_app.csrf import", _NO_EXTENSION),
    Difference(
        ", 'BOOTSTRAP_SERVE_LOCAL': True, 'WTF_CSRF_CHECK_DEFAULT': False, 'WTF_CSRF_TIME_LIMIT': None, "
        "'WTF_CSRF_SSL_STRICT': False",
        "",
        _NO_EXTENSION,
    ),
    Difference(
        "def _check_pages_only(app: Flask) -> None:\n"
        "    before = app.before_request_funcs[None]\n"
        "    app.before_request_funcs[None] = [one for one in before if one.__module__ != CSRFProtect.__module__]\n",
        "",
        _NO_EXTENSION,
    ),
    Difference("    _check_pages_only(app)\n", "", _NO_EXTENSION),
    Difference("from async_app.server import SERVER", "", "several servers serve it"),
    Difference("server=SERVER", "server='ASGI'", "several servers serve it"),
    Difference("Flask", "Quart", "the application's class"),
    Difference("'../shared/", "'../../../shared/", "where the package lies"),
)

AS_THEY_ARE = ("client", "connections", "driver", "gathering", "httpx_node", "node", "pinning", "server")
"""The async twin's modules that both use."""

DIFFERENT_FILES = {
    "__main__.py": "the twin also checks its settings, and explains a wrong one",
    "asgi.py": "aioflask's edge translates between ASGI and WSGI; Quart's class has four corrections",
    "bootstrap.py": "Quart only: in place of Bootstrap-Flask, whose files it serves",
    "csrf.py": "Quart only: in place of Flask-WTF",
    "gunicorn_conf.py": "Quart only: for gunicorn's ASGI worker",
    "logged.py": "Quart only: for servers that configure no log but their own",
}
