"""The real Elasticsearch behind a replay: asked once for each request, its response kept byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CHUNK_BYTES = 65_536
_TIMEOUT_S = 30
_OURS = (b"host", b"authorization", b"connection", b"content-length", b"transfer-encoding")
"""Headers of a request that the upstream gets anew."""


class UpstreamError(Exception):
    """The upstream gave no whole response."""


@dataclass(frozen=True)
class Asked:
    """A request as a service sent it."""

    method: bytes
    target: bytes
    body: bytes
    headers: Sequence[tuple[bytes, bytes]]

    @property
    def in_words(self) -> str:
        """Method, target and the begin of the body, printable."""
        return f"{self.method.decode()} {self.target.decode(errors='replace')} {self.body[:200]!r}"


class Upstream:
    """Elasticsearch at `url`, without credentials in it; `authorization` is the value of the header, if any."""

    def __init__(self, url: str, authorization: str | None, ca_certs: Path | None) -> None:
        parts = urlsplit(url)
        assert parts.hostname, "a checked URL"
        self._host, self._port = parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]
        self._netloc, self._prefix = parts.netloc.encode(), parts.path.rstrip("/").encode()
        self._authorization = authorization
        self._tls = ssl.create_default_context(cafile=ca_certs) if parts.scheme == "https" else None

    async def ask(self, request: Asked) -> tuple[int, bytes]:
        """The status of its response, and all bytes of it, head and body. Raises UpstreamError."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._ask(request)
        except (OSError, HttpParserError) as error:  # TimeoutError is an OSError
            raise UpstreamError(str(error) or type(error).__name__) from error

    async def _ask(self, request: Asked) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            writer.write(b"".join(self._parts(request)))
            response = _Response(has_body=request.method != b"HEAD")
            while not response.is_whole:
                chunk = await reader.read(_CHUNK_BYTES)
                if not chunk:
                    raise UpstreamError("it closed the connection within its response")
                response.feed(chunk)
            return response.status, bytes(response.content)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _parts(self, request: Asked) -> Iterator[bytes]:
        yield b"%b %b%b HTTP/1.1\r\nHost: %b\r\n" % (request.method, self._prefix, request.target, self._netloc)
        for name, value in request.headers:
            if name.lower() not in _OURS:
                yield b"%b: %b\r\n" % (name, value)
        if self._authorization:
            yield f"Authorization: {self._authorization}\r\n".encode()
        if request.body:
            yield b"Content-Length: %d\r\n" % len(request.body)
        yield b"\r\n" + request.body


class _Response:
    """A response as it arrives."""

    def __init__(self, *, has_body: bool) -> None:
        self._has_body = has_body
        self._parser = HttpResponseParser(self)
        self.content = bytearray()
        self.is_whole = False

    @property
    def status(self) -> int:
        return self._parser.get_status_code()

    def feed(self, chunk: bytes) -> None:
        self.content += chunk
        self._parser.feed_data(chunk)

    def on_headers_complete(self) -> None:
        self.is_whole = not self._has_body

    def on_message_complete(self) -> None:
        self.is_whole = True
