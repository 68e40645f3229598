"""aioflask with a sound ASGI edge: `Flask` here stands in for `aioflask.Flask`, and knows nothing of this service.

aioflask 0.4.0 runs Flask's WSGI code in a greenlet on the event loop. Its translation between ASGI and WSGI has gaps,
which this module closes. It replaces the whole translation, and keeps aioflask's greenlets:

- lifespan: `on_startup` and `on_shutdown` hold coroutine functions of the app, run in the worker's own event loop;
  the server gets the error of a failed start-up, and stops. A websocket is closed: the app serves none.
- the body: a chunked one gets the CONTENT_LENGTH that WSGI needs. Receiving stops past MAX_CONTENT_LENGTH, and after
  CLIENT_TIMEOUT_S: the response is then 413 or 408, and what the client still sends is discarded, because closing the
  connection while the client sends loses the response. A client that leaves ends the request.
- the environ: `root_path` becomes SCRIPT_NAME and leaves the path; non-ASCII paths are latin-1 bytes as PEP 3333 asks;
  several Cookie headers are joined by `; `; a header with an underscore, which WSGI can't tell from one with a hyphen,
  is dropped; unix sockets, which have no addresses, get those of a local server.
- the response: non-ASCII headers pass; the server adds `Date`; the response is closed.
- its messages: the one that completes the declared length is the last; no empty message follows.
- views: the context of an async view is popped also when it raises.
- ContextVars: all functions of a request, `def` ones in the greenlet and `async def` ones, see those of its task.
  A server should begin each request with an empty context (uvicorn's `reset_contextvars`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Any, NoReturn

import aioflask
from flask.globals import _app_ctx_stack, _request_ctx_stack
from greenlet import getcurrent
from greenletio import async_, await_
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]

_LINGER_S = 2


class _Disconnected(Exception):
    """The client left before its request was complete."""


class _Refused(io.BytesIO):
    """A body that was not received to its end; reading it raises the error."""

    def __init__(self, error: HTTPException) -> None:
        super().__init__()
        self._error = error

    def read(self, _size: int | None = -1) -> NoReturn:
        raise self._error


@dataclass(frozen=True)
class _Body:
    """A request's body, with its declared or received length, whether it is whole or refused."""

    stream: io.BytesIO
    length_bytes: int


class Flask(aioflask.Flask):
    """An aioflask application that an ASGI server can start, stop and trust."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.setdefault("CLIENT_TIMEOUT_S", 30)
        self.on_startup: list[Callable[[Flask], Awaitable[None]]] = []
        self.on_shutdown: list[Callable[[Flask], Awaitable[None]]] = []

    async def asgi_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})
            case _:
                await self._respond(scope, receive, send)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return _without_await(func)

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

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._receive_body(scope, receive)
        except _Disconnected:
            return
        exchange = _HastyExchange(send, receive) if isinstance(body.stream, _Refused) else _Exchange(send)
        await exchange.run(self.wsgi_app, _environ(scope, body))

    async def _receive_body(self, scope: Scope, receive: Receive) -> _Body:
        headers = dict(scope["headers"])
        declared_bytes = int(headers.get(b"content-length", 0))
        limit_bytes = self.config["MAX_CONTENT_LENGTH"] or sys.maxsize
        if declared_bytes > limit_bytes:
            return _Body(_Refused(RequestEntityTooLarge()), declared_bytes)
        if not declared_bytes and b"transfer-encoding" not in headers and scope["http_version"] < "2":
            return _Body(io.BytesIO(), 0)
        try:
            async with asyncio.timeout(self.config["CLIENT_TIMEOUT_S"]):
                return await _read(receive, limit_bytes)
        except TimeoutError:
            return _Body(_Refused(RequestTimeout()), declared_bytes)


@functools.lru_cache(maxsize=1_000)  # Flask asks at every request
def _without_await(func: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(func):
        return func

    @functools.wraps(func)
    def view(*args: Any, **kwargs: Any) -> Any:
        return await_(_in_contexts(_app_ctx_stack.top, _request_ctx_stack.top, func(*args, **kwargs)))

    return view


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


async def _read(receive: Receive, limit_bytes: int) -> _Body:
    """The body, read to its end or past the limit."""
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
    if length_bytes > limit_bytes:
        return _Body(_Refused(RequestEntityTooLarge()), length_bytes)
    return _Body(io.BytesIO(b"".join(chunks)), length_bytes)


def _environ(scope: Scope, body: _Body) -> dict[str, Any]:
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
        "wsgi.input": body.stream,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    _add_headers(environ, scope["headers"])
    if body.length_bytes or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(body.length_bytes)
    return environ


def _wsgi_text(text: str) -> str:
    return text.encode().decode("latin-1")


def _add_headers(environ: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for raw_name, raw_value in headers:
        if b"_" in raw_name:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name == "TRANSFER_ENCODING":
            continue
        key = name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


@functools.lru_cache(maxsize=1_000)  # a service has few names of headers
def _raw_name(name: str) -> bytes:
    return name.lower().encode("latin-1")


async def _send_all(send: Send, messages: list[Message]) -> None:
    for message in messages:
        await send(message)


def _share_context() -> None:
    """Give this greenlet the very context of its task, in place of the empty one that greenlets begin with."""
    current = getcurrent()
    current.gr_context = current.parent.gr_context


class _Exchange:
    """One response on its way from WSGI to ASGI."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._started = False
        self._ended = False
        self._left_bytes = inf

    @async_
    def run(self, wsgi_app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        """Run the app in a greenlet, in which `await_` may wait."""
        _share_context()
        chunks = wsgi_app(environ, self._start_response)
        try:
            for chunk in filter(None, chunks):
                self._left_bytes -= len(chunk)
                self._write(chunk, more=self._has_more())
            self._finish()
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> None:
        if self._started and exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        raw = [(_raw_name(name), value.encode("latin-1")) for name, value in headers]
        declared_bytes = dict(raw).get(b"content-length")
        self._left_bytes = inf if declared_bytes is None else int(declared_bytes)
        self._start = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": [field for field in raw if field[0] != b"date"],
        }

    def _has_more(self) -> bool:
        """Whether something may follow; a message that completes the declared length is the last."""
        return self._left_bytes > 0

    def _finish(self) -> None:
        if not self._ended:
            self._write(b"", more=False)

    def _write(self, chunk: bytes, more: bool) -> None:
        messages = [] if self._started else [self._start]
        self._started = True
        self._ended = not more
        await_(_send_all(self._send, [*messages, {"type": "http.response.body", "body": chunk, "more_body": more}]))


class _HastyExchange(_Exchange):
    """A response to a request that is still arriving. Its connection can't be used again."""

    def __init__(self, send: Send, receive: Receive) -> None:
        super().__init__(send)
        self._receive = receive

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> None:
        super()._start_response(status, [*headers, ("Connection", "close")], exc_info)

    def _has_more(self) -> bool:
        return True

    def _finish(self) -> None:
        self._write(b"", more=True)
        await_(_discard(self._receive))
        super()._finish()


async def _discard(receive: Receive) -> None:
    """Receive what the client still sends, for a moment."""
    more = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while more:
                more = (await receive()).get("more_body", False)
