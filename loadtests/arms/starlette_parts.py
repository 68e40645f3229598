"""The parts of a service on Starlette around its routes: client, limits, errors, and the forms of its responses.

FastAPI is built on Starlette, so applications on either are made of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, NoReturn

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match
from werkzeug.datastructures import ETags
from werkzeug.exceptions import default_exceptions
from werkzeug.http import parse_etags

from async_app import driver
from async_app.client import new_client
from loadtests.arms.asgi import AsgiApp, Message, Receive, Send
from shared import bodies, documents, logs, problems, telemetry
from shared.admission import Gate
from shared.documents import encoded
from shared.headers import LINGER_S
from shared.settings import Settings

_HEALTH = ("/healthz", "/readyz")


class Document(JSONResponse):
    """A document as JSON, encoded as the twins encode it."""

    def render(self, content: Any) -> bytes:
        return encoded(content)


def lifespan(settings: Settings) -> Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]:
    """Chooses the worker's JSON, and opens its Elasticsearch client. `request.state.run` runs an operation on it."""

    @asynccontextmanager
    async def with_client(_app: Any) -> AsyncIterator[Mapping[str, Any]]:
        documents.choose(settings.service_json)
        async with new_client(settings) as client:
            yield {"run": partial(driver.run, settings=settings, client=client)}

    return with_client


def middleware(settings: Settings) -> list[Middleware]:
    """The limits and the answer to each error.

    The application's own handler of Exception would not do: Starlette raises each error again after it.
    """
    gates = [Gate(settings.max_in_flight)] if settings.max_in_flight else []
    return [
        Middleware(Reception, limit_s=settings.client_timeout_s),
        Middleware(ExceptionMiddleware, handlers={Exception: answer_error}),
        *(Middleware(Admission, gate=gate) for gate in gates),
    ]


def parameters(query: QueryParams) -> dict[str, str]:
    """The parameters of a URL's query. The first counts where one is repeated."""
    first: dict[str, str] = {}
    for name, value in query.multi_items():
        first.setdefault(name, value)
    return first


def etags(headers: Sequence[str]) -> ETags:
    """The ETags of a condition, which may come in several headers."""
    return parse_etags(",".join(headers))


async def read_body(request: Request) -> bytes:
    """The body of a request that must be JSON. Raises TooLarge, UnsupportedMediaType or, for a late one, an
    HTTPException."""
    body: bytes = await request.body()
    bodies.check_media_type(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    return body


async def answer_error(request: Request, error: Exception) -> Response:
    """Problem details, and a line in the log."""
    if isinstance(error, problems.Problem):
        return _respond(request, error, error.document(), error.headers)
    return _respond(request, error, problems.crashed().document(), {})


async def answer_http_exception(request: Request, error: HTTPException) -> Response:
    """Problem details in Werkzeug's words, as the twins have them. Starlette knows no OPTIONS, and names the methods of
    one route alone."""
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else {}
    if headers and request.method == "OPTIONS":
        return HTMLResponse(headers=headers)
    description = default_exceptions[error.status_code].description or ""
    return _respond(request, error, problems.document(error.status_code, description), headers)


def _methods(request: Request) -> set[str]:
    matching = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {"OPTIONS"}.union(*(route.methods for route in matching))


def _respond(request: Request, error: Exception, document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    status, path = document["status"], request.scope["path"]
    fields = logs.about(telemetry.current().request_id, request.method, path, status, error)
    fault = error if status == 500 else None
    logging.getLogger(logs.NAME).log(logs.level(status), document["title"], extra=fields, exc_info=fault)
    return Document(document, status, headers, problems.MEDIA_TYPE)


class Admission:
    """The refusal of requests beyond the worker's limit, at once. Health requests are never refused."""

    def __init__(self, app: AsgiApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _HEALTH:
            await self._app(scope, receive, send)
            return
        self._gate.enter()
        try:
            await self._app(scope, receive, send)
        finally:
            self._gate.leave()


class Reception:
    """Receives a request's body before the request goes on, within limits of size and time.

    A body beyond a limit is refused where it is read. The client may still send it: the connection can't be used again.
    """

    def __init__(self, app: AsgiApp, limit_s: float) -> None:
        self._app = app
        self._limit_s = limit_s

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limit_s):
                body = await _whole(Request(scope, receive))
        except ClientDisconnect:
            return
        except problems.TooLarge as refusal:
            await self._app(scope, partial(_refuse, refusal), _lingering(receive, send))
        except TimeoutError:
            await self._app(scope, partial(_refuse, HTTPException(408)), _lingering(receive, send))
        else:
            await self._app(scope, partial(_give, body), send)


def _has_body(scope: Message) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or int(headers.get(b"content-length", 0)) > 0


async def _whole(request: Request) -> bytes:
    bodies.check_size(int(request.headers.get("content-length", 0)))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        bodies.check_size(len(body))
    return bytes(body)


async def _give(body: bytes) -> Message:
    return {"type": "http.request", "body": body}


async def _refuse(refusal: Exception) -> NoReturn:
    raise refusal


def _lingering(receive: Receive, send: Send) -> Send:
    """Sends a response, and ends it when the client had a moment to read it: a connection that is closed while its
    client sends loses the response."""

    async def send_and_linger(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
            return
        await send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body"})

    return send_and_linger
