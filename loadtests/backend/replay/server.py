"""A server that replays what a real Elasticsearch responded: `python -m loadtests.backend.replay.server`.

The first time that it gets a request, it asks the real one, and records the response; in a rehearsal, at once. When it
is sealed, it refuses what it has not recorded, and counts that. It refuses writes at all times, for their responses are
no two times the same.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import gzip
import json
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import uvloop
from httptools import HttpParserError, HttpRequestParser

from loadtests.backend.certificate import server_context
from loadtests.backend.replay import AUTHORIZATION, CONTROL, HOST, PORT_TAKEN, SEED, TLS_PORT_OFFSET
from loadtests.backend.replay.due import Due
from loadtests.backend.replay.upstream import Asked, Upstream, UpstreamError
from loadtests.load.delay import Delay

_BACKLOG = 2_048
_READING_POSTS = ("_search", "_msearch", "_mget", "_count")
"""The ends of the paths that a POST reads from."""
_NOT_KEPT = (429, *range(500, 600))
"""Statuses of a node that could not do its work: they are passed on, and not recorded."""
_MOST_TOLD = 5

LONGEST_KEPT_BYTES = 8_192
_MOST_KEPT = 16_384
BEGUN = b""
"""In place of a response: the request has more bytes than these."""
_SEVERAL = bytes(LONGEST_KEPT_BYTES + 1)
"""In place of the bytes of more than one request: too long to be kept."""

Key = tuple[bytes, bytes, bytes, bytes]


class Recordings:
    """Responses by their requests: method, target, body (unpacked) and accepted encodings. `refused` were asked in
    vain."""

    def __init__(self, upstream: Upstream) -> None:
        self.is_rehearsing = False
        self._upstream = upstream
        self._responses: dict[Key, bytes] = {}
        self.by_bytes: dict[bytes, bytes] = {}
        """The responses by all bytes of their requests, for those that came last."""
        self._is_sealed = False
        self._refused: list[str] = []
        self._refusals = 0

    def known(self, request: Asked) -> bytes | None:
        return self._responses.get(_key(request))

    def keep(self, received: bytes, response: bytes) -> None:
        """Keep it by the bytes of its request, unless these are long."""
        if len(received) > LONGEST_KEPT_BYTES:
            return
        if len(self.by_bytes) == _MOST_KEPT:
            self.by_bytes.clear()
        self.by_bytes[received] = response

    async def learn(self, request: Asked) -> bytes:
        """The response to a request that is not recorded yet, or a refusal."""
        if not _reads(request):
            return self._refusal(request, "a replayed backend takes no writes")
        if self._is_sealed:
            return self._refusal(request, "this request was not recorded")
        try:
            status, response = await self._upstream.ask(request)
        except UpstreamError as error:
            return self._refusal(request, f"the recorded Elasticsearch did not respond: {error}")
        if status not in _NOT_KEPT:
            self._responses[_key(request)] = response
        return response

    def control(self, command: bytes) -> bytes:
        """Obey, and tell how it stands."""
        if command == b"rehearse":
            self._responses.clear()
            self.by_bytes.clear()
        if command in (b"rehearse", b"open"):
            self._refused.clear()
            self._refusals = 0
        if command:
            self.is_rehearsing, self._is_sealed = command == b"rehearse", command == b"seal"
        told = {
            "pid": os.getpid(),
            "recorded": len(self._responses),
            "refusals": self._refusals,
            "refused": self._refused,
        }
        return _response("200 OK", json.dumps(told).encode())

    def _refusal(self, request: Asked, reason: str) -> bytes:
        self._refusals += 1
        if len(self._refused) < _MOST_TOLD:
            self._refused.append(f"{request.in_words}: {reason}")
        error = {"error": {"type": "replay_exception", "reason": reason}, "status": 501}
        return _response("501 Not Implemented", json.dumps(error).encode())


class Requests:
    """The requests that a connection receives. `is_within` one that is not whole; after the last, not `keep_alive`."""

    def __init__(self) -> None:
        self.is_within = False
        self.keep_alive = True
        self._parser = HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Asked]:
        """Returns those that are whole now. Raises HttpParserError."""
        self._whole: list[Asked] = []
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            if self.keep_alive:  # what comes after the last request is no request
                raise
        return self._whole

    def on_message_begin(self) -> None:
        self.is_within = True
        self._target, self._body = b"", bytearray()
        self._headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.is_within = False
        self.keep_alive = self._parser.should_keep_alive()
        self._whole.append(Asked(self._parser.get_method(), self._target, bytes(self._body), self._headers))


class Connection(asyncio.Protocol):
    """A connection of a service: HTTP/1.1, responses in the order of their requests.

    A client sends the same bytes for the same request. So these are looked up first, and parsed only if not known. A
    packed body has the time in it, so that no two requests are the same.
    """

    def __init__(self, recordings: Recordings, due: Due) -> None:
        self._recordings = recordings
        self._due = due
        self._due_s = 0.0
        self._requests = Requests()
        self._received = b""
        """The bytes of a request that is not whole; the parser has got them when `_is_parsed`."""
        self._is_parsed = False
        self._learning: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        known = None if self._is_parsed or self._learning else self._recordings.by_bytes.get(received)
        if known is None:
            self._parse(data if self._is_parsed else received, received)
        elif known is BEGUN:
            self._received = received
        else:
            self._received = b""
            self._respond(known, self._write)

    def _parse(self, data: bytes, received: bytes) -> None:
        try:
            whole = self._requests.feed(data)
        except HttpParserError:
            self._transport.close()
            return
        is_within, is_last = self._requests.is_within, not self._requests.keep_alive
        if len(whole) + is_within > 1:
            received = _SEVERAL
        elif is_within:
            self._recordings.keep(received, BEGUN)
        elif whole and not is_last and not _is_packed(whole[0]) and (response := self._recordings.known(whole[0])):
            self._recordings.keep(received, response)
        self._is_parsed = is_within
        self._received = received[: LONGEST_KEPT_BYTES + 1] if is_within else b""
        if is_last:
            self._transport.pause_reading()
        for request in whole:
            self._answer(request, self._write_last if is_last and request is whole[-1] else self._write)

    def _answer(self, request: Asked, write: Callable[[bytes], None]) -> None:
        if request.target.startswith(CONTROL):
            write(self._recordings.control(request.target.removeprefix(CONTROL)))
        elif (response := self._recordings.known(request)) is not None and not self._learning:
            self._respond(response, write)
        else:
            task = asyncio.get_running_loop().create_task(self._learn(request, write))
            self._learning.add(task)
            task.add_done_callback(self._learning.discard)

    async def _learn(self, request: Asked, write: Callable[[bytes], None]) -> None:
        async with self._turn:
            self._respond(self._recordings.known(request) or await self._recordings.learn(request), write)

    def _respond(self, response: bytes, write: Callable[[bytes], None]) -> None:
        if self._recordings.is_rehearsing:
            write(response)
        else:
            self._due_s = self._due.call(write, response, self._due_s)

    def _write(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)

    def _write_last(self, response: bytes) -> None:
        self._write(response)
        self._transport.close()


def _key(request: Asked) -> Key:
    encodings = b""
    for name, value in request.headers:
        if len(name) == 15 and name.lower() == b"accept-encoding":
            encodings = value
    return request.method, request.target, _unpacked(request), encodings


def _is_packed(request: Asked) -> bool:
    return any(len(name) == 16 and name.lower() == b"content-encoding" for name, _ in request.headers)


def _unpacked(request: Asked) -> bytes:
    if not _is_packed(request):
        return request.body
    try:
        return gzip.decompress(request.body)
    except (OSError, EOFError, zlib.error):  # Elasticsearch refuses it
        return request.body


def _reads(request: Asked) -> bool:
    path = request.target.partition(b"?")[0].decode(errors="replace")
    return request.method in (b"GET", b"HEAD") or (request.method == b"POST" and path.endswith(_READING_POSTS))


def _response(status: str, content: bytes) -> bytes:
    """With the header by which Elasticsearch's clients know it."""
    head = (
        f"HTTP/1.1 {status}\r\nX-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\n"
        f"content-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def serve(port: int, certificate: Path | None, upstream: Upstream, delay: Delay) -> None:
    """Until cancelled."""
    loop, recordings = asyncio.get_running_loop(), Recordings(upstream)
    due = Due(loop, delay, SEED)
    listen = partial(loop.create_server, lambda: Connection(recordings, due), HOST, backlog=_BACKLOG)
    if certificate:
        await listen(port + TLS_PORT_OFFSET, ssl=server_context(certificate))
    server = await listen(port)
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    for name in ("--home", "--port", "--delay", "--upstream", "--ca-certs", "--certificate"):
        parser.add_argument(name)
    given = parser.parse_args(arguments)
    ca_certs, certificate = (Path(file) if file else None for file in (given.ca_certs, given.certificate))
    upstream = Upstream(given.upstream, os.environ.get(AUTHORIZATION), ca_certs)
    try:
        uvloop.run(serve(int(given.port), certificate, upstream, Delay.parse(given.delay)))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(PORT_TAKEN)


if __name__ == "__main__":
    main()
