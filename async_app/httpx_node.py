"""The connection pool to Elasticsearch of httpx, in place of aiohttp's, where LAB_ES_NODE=httpx.

httpx limits the waits for a connection and between two pieces of a response, and not a request as a whole: that is
limited here. Proxies of the environment, cookies and httpx's own headers are left out, as with aiohttp. httpx sends
nothing again by itself. A transport sends a request again when `shared.resends` allows it. The pool can't be told to
make a new connection, so a resend has one beside the pool, which closes after it.
"""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from elastic_transport import BaseAsyncNode, ConnectionTimeout, HttpHeaders, HttpxAsyncHttpNode, NodeConfig
from httpcore import AnyIOBackend, AsyncNetworkStream, ReadError
from httpx import AsyncBaseTransport, AsyncClient, AsyncHTTPTransport, Limits, Request, Response, Timeout

from shared import deadlines, resends


class _StaleError(Exception):
    """A kept connection was closed before any byte of a response came."""


class _Stream(AsyncNetworkStream):
    """A connection that knows whether it was kept, and whether any byte has come since its last request."""

    def __init__(self, stream: AsyncNetworkStream) -> None:
        self._stream = stream
        self._is_kept = False
        self._has_received = False

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._is_kept = self._is_kept or self._has_received
        self._has_received = False
        await self._stream.write(buffer, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        is_stale = self._is_kept and not self._has_received
        try:
            received = await self._stream.read(max_bytes, timeout)
        except ReadError as error:
            if is_stale:
                raise _StaleError from error
            raise
        if is_stale and not received:
            raise _StaleError
        self._has_received = True
        return received

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        return _Stream(await self._stream.start_tls(*args, **kwargs))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(AnyIOBackend):
    """The network as httpx sees it, with our connections."""

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        return _Stream(await super().connect_tcp(*args, **kwargs))


class _Transport(AsyncBaseTransport):
    """The transport with the pool, and one for resends. The node's deadline is that of both attempts."""

    def __init__(self, pooled: Any, connections: int) -> None:
        pooled._pool._network_backend = _Network()
        self._pooled: AsyncBaseTransport = pooled
        limits = Limits(max_connections=connections, max_keepalive_connections=0)
        self._fresh = AsyncHTTPTransport(verify=pooled._pool._ssl_context, limits=limits, trust_env=False)

    async def handle_async_request(self, request: Request) -> Response:
        try:
            return await self._pooled.handle_async_request(request)
        except _StaleError:
            if not resends.begin():
                raise
        return await self._fresh.handle_async_request(request)

    async def aclose(self) -> None:
        await self._pooled.aclose()
        await self._fresh.aclose()


def node_class(connect_timeout_s: float) -> type[HttpxAsyncHttpNode]:
    """The node class for an Elasticsearch client."""

    class Node(HttpxAsyncHttpNode):
        def __init__(self, config: NodeConfig) -> None:
            """Open the client anew on the base class's transport, which has the pool's size and the authorities.

            The base class opens none for an IPv6 address, and leaves the URL's path out.
            """
            super().__init__(config.replace(host="127.0.0.1") if ":" in config.host else config)
            BaseAsyncNode.__init__(self, config)
            self.client = AsyncClient(
                base_url=self.base_url,
                transport=_Transport(self.client._transport, config.connections_per_node),
                timeout=Timeout(None, connect=connect_timeout_s),
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                trust_env=False,
            )
            self.client.headers.clear()

        async def perform_request(  # type: ignore[override]  # as the base class itself has it
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> Any:
            try:
                async with asyncio.timeout(deadlines.left_s(request_timeout)):
                    return await super().perform_request(method, target, body, headers)
            except TimeoutError as error:
                raise ConnectionTimeout("Connection timed out during request", errors=(error,)) from error

    return Node
