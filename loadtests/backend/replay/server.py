"""A server that replays what a real Elasticsearch responded: `python -m loadtests.backend.replay.server`.

The first time that it gets a request, it asks the real one, and records the response; in a rehearsal, at once. When it
is sealed, it refuses what it has not recorded, and counts that. It refuses writes at all times, for their responses are
no two times the same.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop
from httptools import HttpParserError, HttpRequestParser

from loadtests.backend.replay import AUTHORIZATION, CONTROL, HOST, PORT_TAKEN, SEED
from loadtests.backend.replay.due import Due
from loadtests.backend.replay.upstream import Asked, Upstream, UpstreamError
from loadtests.load.delay import Delay

_BACKLOG = 2_048
_READING_POSTS = ("_search", "_msearch", "_mget", "_count")
"""The ends of the paths that a POST reads from."""
_NOT_KEPT = (429, *range(500, 600))
"""Statuses of a node that could not do its work: they are passed on, and not recorded."""
_MOST_TOLD = 5

Key = tuple[bytes, bytes, bytes, bytes]


class Recordings:
    """Responses by their requests: method, target, body and accepted encodings. `refused` were asked in vain."""

    def __init__(self, upstream: Upstream) -> None:
        self.is_rehearsing = False
        self._upstream = upstream
        self._responses: dict[Key, bytes] = {}
        self._is_sealed = False
        self._refused: list[str] = []
        self._refusals = 0

    def known(self, request: Asked) -> bytes | None:
        return self._responses.get(_key(request))

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


class Connection(asyncio.Protocol):
    """A connection of a service: HTTP/1.1, one request after the other."""

    def __init__(self, recordings: Recordings, due: Due) -> None:
        self._recordings = recordings
        self._due = due
        self._parser = HttpRequestParser(self)
        self._learning: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._target = self._body = b""
        self._headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        request = Asked(self._parser.get_method(), self._target, self._body, self._headers)
        if self._target.startswith(CONTROL):
            self._transport.write(self._recordings.control(self._target.removeprefix(CONTROL)))
        elif (response := self._recordings.known(request)) is not None:
            self._write(response)
        else:
            task = asyncio.get_running_loop().create_task(self._learn(request))
            self._learning.add(task)
            task.add_done_callback(self._learning.discard)

    async def _learn(self, request: Asked) -> None:
        self._write(await self._recordings.learn(request))

    def _write(self, response: bytes) -> None:
        if not self._recordings.is_rehearsing:
            self._due.write(self._transport, response)
        elif not self._transport.is_closing():
            self._transport.write(response)


def _key(request: Asked) -> Key:
    encodings = b""
    for name, value in request.headers:
        if len(name) == 15 and name.lower() == b"accept-encoding":
            encodings = value
    return request.method, request.target, request.body, encodings


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


async def serve(port: int, upstream: Upstream, delay: Delay) -> None:
    """Until cancelled."""
    loop, recordings = asyncio.get_running_loop(), Recordings(upstream)
    due = Due(loop, delay.drawn_s(SEED))
    server = await loop.create_server(lambda: Connection(recordings, due), HOST, port, backlog=_BACKLOG)
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    for name in ("--home", "--port", "--delay", "--upstream", "--ca-certs"):
        parser.add_argument(name)
    given = parser.parse_args(arguments)
    ca_certs = Path(given.ca_certs) if given.ca_certs else None
    upstream = Upstream(given.upstream, os.environ.get(AUTHORIZATION), ca_certs)
    try:
        uvloop.run(serve(int(given.port), upstream, Delay.parse(given.delay)))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(PORT_TAKEN)


if __name__ == "__main__":
    main()
