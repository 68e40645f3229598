"""The connection pool to Elasticsearch, as large as requested, with a time limit for connecting.

The client knows one time limit only, for a whole request; aiohttp beneath it also knows one for connecting. aiohttp
sends a request again by itself when its connection breaks, every PUT and DELETE included: that is switched off. A
middleware sends a request again when `shared.resends` allows it, within the time limit of the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from aiohttp import (
    ClientConnectionResetError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import NEEDS_CLEANUP_CLOSED, Connection
from elastic_transport import AiohttpHttpNode, BaseAsyncNode, HttpHeaders

from shared import deadlines, resends
from shared.settings import Settings

_CLOSED = (ServerDisconnectedError, ClientOSError, ClientConnectionResetError)


class _Protocol(ResponseHandler):
    """A connection that knows whether it was kept, and whether any byte has come since its last request."""

    _requests = 0
    _has_received = False

    @property
    def was_stale(self) -> bool:
        """Whether it served a request before, and has received nothing for this one. Read after it closes."""
        return self._requests > 1 and not self._has_received

    def set_response_params(self, **params: Any) -> None:
        self._requests += 1
        self._has_received = False
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        self._has_received = True
        super().data_received(data)


class _Request(ClientRequest):
    """A request that knows the connection on which it was sent last."""

    protocol: Any = None

    async def send(self, conn: Connection) -> ClientResponse:
        self.protocol = conn.protocol
        return await super().send(conn)


class _Connector(TCPConnector):
    """A connector with a time limit for each connection, which a resend always makes anew."""

    def __init__(self, connect_timeout_s: float, **options: Any) -> None:
        super().__init__(**options)
        self._connect_timeout_s = connect_timeout_s
        connections: Any = partial(_Protocol, loop=self._loop)
        self._factory = connections

    async def _get(self, *args: Any) -> Connection | None:
        return None if resends.under_way() else await super()._get(*args)

    async def _create_connection(self, req: ClientRequest, traces: Any, timeout: ClientTimeout) -> ResponseHandler:
        limits = ClientTimeout(total=timeout.total, sock_connect=self._connect_timeout_s)
        return await super()._create_connection(req, traces, limits)


async def _resend_if_stale(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """A middleware that sends a request again. Its deadline is aiohttp's for the whole request."""
    assert isinstance(request, _Request)
    try:
        return await send(request)
    except _CLOSED:
        if request.protocol is None or not request.protocol.was_stale or not resends.begin():
            raise
    await request.close()
    return await send(request)


def _punctual(request: Callable[..., Any]) -> Callable[..., Any]:
    """The request function with an exact time limit. aiohttp rounds one of 5 s or more up to a second of its clock."""

    def punctual(*args: Any, timeout: ClientTimeout, **kwargs: Any) -> Any:
        return request(*args, timeout=ClientTimeout(total=timeout.total, ceil_threshold=inf), **kwargs)

    return punctual


def node_class(settings: Settings) -> type[BaseAsyncNode]:
    """The node class for an Elasticsearch client."""
    if settings.es_node == "httpx":
        from async_app import httpx_node

        return httpx_node.node_class(settings.es_connect_timeout_s)
    return _aiohttp_node_class(settings.es_connect_timeout_s)


def _aiohttp_node_class(connect_timeout_s: float) -> type[AiohttpHttpNode]:
    class Node(AiohttpHttpNode):
        def _create_aiohttp_session(self) -> None:
            """Open the session as the base class does, with a connector of our own."""
            self._loop = self._loop or asyncio.get_running_loop()
            self.session = ClientSession(
                headers=self.headers,
                skip_auto_headers=("accept", "accept-encoding", "user-agent"),
                cookie_jar=DummyCookieJar(),
                request_class=_Request,
                middlewares=(_resend_if_stale,),
                connector=_Connector(
                    connect_timeout_s,
                    limit=0,  # for all hosts; aiohttp's default is 100, whatever connections_per_node says
                    limit_per_host=self._connections_per_node,
                    enable_cleanup_closed=NEEDS_CLEANUP_CLOSED,
                    ssl=self._ssl_context or False,
                ),
            )
            self.session._retry_connection = False
            self.session.request = _punctual(self.session.request)  # type: ignore[method-assign]

        async def perform_request(  # type: ignore[override]  # as the base class itself has it
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> Any:
            return await super().perform_request(method, target, body, headers, deadlines.left_s(request_timeout))

    return Node
