"""aioflask with a sound ASGI edge: `Flask` here stands in for `aioflask.Flask`, and knows nothing of this service.

aioflask 0.4.0 runs Flask's WSGI code in a greenlet on the event loop. Its translation between ASGI and WSGI has gaps,
which this module closes. It replaces the translation whole, and keeps aioflask's greenlets:

- lifespan: `on_startup` and `on_shutdown` hold coroutine functions of the app, run in the worker's own event loop;
  a start-up that fails is told to the server, which then stops. A websocket is closed, for there is none to serve.
- the body: chunked ones get the CONTENT_LENGTH that WSGI needs; reading stops past MAX_CONTENT_LENGTH, so that the
  app can answer 413 by the length it sees; a client that leaves while sending ends the request.
- the environ: `root_path` becomes SCRIPT_NAME and leaves the path; non-ASCII paths are latin-1 bytes as PEP 3333 asks;
  several Cookie headers are joined by `; `; unix sockets, which have no addresses, get those of a local server.
- the answer: non-ASCII headers pass; `Date` is left to the server, which adds one in any case; the response is closed.
- views: the context of an async view is popped also when it raises.
"""

from __future__ import annotations

import functools
import inspect
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from types import TracebackType
from typing import Any

import aioflask
from flask.globals import _app_ctx_stack, _request_ctx_stack
from greenletio import async_, await_

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]


class _Disconnected(Exception):
    """The client left before its request was complete."""


class Flask(aioflask.Flask):
    """An aioflask application that an ASGI server can start, stop and trust."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_startup: list[Callable[[Flask], Awaitable[None]]] = []
        self.on_shutdown: list[Callable[[Flask], Awaitable[None]]] = []

    async def asgi_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})
            case _:
                await self._answer(scope, receive, send)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not inspect.iscoroutinefunction(func):
            return func

        @functools.wraps(func)
        def view(*args: Any, **kwargs: Any) -> Any:
            return await_(_in_contexts(_app_ctx_stack.top, _request_ctx_stack.top, func(*args, **kwargs)))

        return view

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            for start in self.on_startup:
                await start(self)
        except Exception as error:
            self.logger.exception("start-up failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for stop in reversed(self.on_shutdown):
            await stop(self)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body, length_bytes = await _read(scope, receive, self.config["MAX_CONTENT_LENGTH"])
        except _Disconnected:
            return
        await _Exchange(send).run(self.wsgi_app, _environ(scope, body, length_bytes))


async def _in_contexts(app_context: Any, request_context: Any, view: Awaitable[Any]) -> Any:
    _app_ctx_stack.push(app_context)
    if request_context is not None:
        _request_ctx_stack.push(request_context)
    try:
        return await view
    finally:
        if request_context is not None:
            _request_ctx_stack.pop()
        _app_ctx_stack.pop()


async def _read(scope: Scope, receive: Receive, limit_bytes: int | None) -> tuple[bytes, int]:
    """The body and its length; of one that is too long not all is read, and the length says that it is too long."""
    declared_bytes = int(dict(scope["headers"]).get(b"content-length", 0))
    limit_bytes = sys.maxsize if limit_bytes is None else limit_bytes
    if declared_bytes > limit_bytes:
        return b"", declared_bytes
    chunks: list[bytes] = []
    length_bytes = 0
    more = True
    while more and length_bytes <= limit_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        chunks.append(message.get("body", b""))
        length_bytes += len(chunks[-1])
        more = message.get("more_body", False)
    return b"".join(chunks), length_bytes


def _environ(scope: Scope, body: bytes, length_bytes: int) -> dict[str, Any]:
    root = scope.get("root_path", "").rstrip("/")
    path = scope["path"]
    if root and (path == root or path.startswith(f"{root}/")):
        path = path.removeprefix(root)
    client_host = (scope.get("client") or ("127.0.0.1", 0))[0]
    server_host, server_port = scope.get("server") or ("localhost", None)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _wsgi_text(root),
        "PATH_INFO": _wsgi_text(path),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server_host,
        "SERVER_PORT": str(server_port or 80),
        "REMOTE_ADDR": client_host,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    _add_headers(environ, scope["headers"])
    if length_bytes or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(length_bytes)
    return environ


def _wsgi_text(text: str) -> str:
    return text.encode().decode("latin-1")


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name == "TRANSFER_ENCODING":
            continue
        key = name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


class _Exchange:
    """One answer on its way from WSGI to ASGI."""

    def __init__(self, send: Send) -> None:
        self._send = await_(send)
        self._start: Message = {}
        self._started = False

    @async_
    def run(self, wsgi_app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        """Run the app in a greenlet, in which `await_` may wait."""
        answer = wsgi_app(environ, self._start_response)
        try:
            for chunk in answer:
                self._write(chunk, more=True)
            self._write(b"", more=False)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> None:
        if self._started and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        self._start = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers
                if name.lower() != "date"
            ],
        }

    def _write(self, chunk: bytes, more: bool) -> None:
        if not self._started:
            self._started = True
            self._send(self._start)
        self._send({"type": "http.response.body", "body": chunk, "more_body": more})
