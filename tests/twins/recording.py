"""A proxy before Elasticsearch that writes down every call, so that a test sees which requests a twin really sent."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web

from loadtests.access import OPEN, Access
from loadtests.backend.certificate import server_context
from loadtests.contenders import Contender

_OWN_HEADERS = ("content-length", "transfer-encoding")
_NOT_PASSED = ("host", "content-length", "content-encoding")
"""Of a request; aiohttp has unpacked its body."""


class RecordedCall(NamedTuple):
    """A request as it reached Elasticsearch."""

    method: str
    path: str
    body: Any


class Recorder:
    """The calls that went through a proxy since the last `take`; it also speaks TLS, under a certificate."""

    def __init__(self, port: int, tls_port: int, certificate: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._tls_url = f"https://127.0.0.1:{tls_port}"
        self._certificate = certificate
        self._calls: list[RecordedCall] = []

    def asked_by(self, contender: Contender) -> tuple[str, Access]:
        """The URL that a contender asks, and what it needs for it."""
        return (self._tls_url, Access(ca_certs=self._certificate)) if contender.tls else (self.url, OPEN)

    def add(self, call: RecordedCall) -> None:
        self._calls.append(call)

    def take(self) -> list[RecordedCall]:
        """The calls so far in an order of their own, for gathered ones arrive in any."""
        calls = sorted(self._calls, key=lambda call: json.dumps(call))
        self._calls.clear()
        return calls


def parsed(body: bytes) -> Any:
    """The JSON of a call's body; the lines of an msearch as a list."""
    values = [json.loads(line) for line in body.splitlines()]
    return values[0] if len(values) == 1 else values or None


@contextmanager
def recording(elasticsearch_url: str, port: int, tls_port: int, certificate: Path) -> Iterator[Recorder]:
    """A running proxy on 127.0.0.1, in a thread of its own."""
    recorder = Recorder(port, tls_port, certificate)
    listeners = {port: None, tls_port: server_context(certificate)}
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    serving = _serve(recorder, elasticsearch_url, listeners, ready, stop)
    thread = threading.Thread(target=loop.run_until_complete, args=[serving])
    thread.start()
    if not ready.wait(timeout=10):
        raise RuntimeError("the recording proxy did not start")
    try:
        yield recorder
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _serve(
    recorder: Recorder,
    target: str,
    listeners: Mapping[int, ssl.SSLContext | None],
    ready: threading.Event,
    stop: asyncio.Event,
) -> None:
    async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            recorder.add(RecordedCall(request.method, request.path_qs, parsed(body)))
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_PASSED}
            async with session.request(
                request.method, f"{target}{request.raw_path}", data=body, headers=headers
            ) as answer:
                kept = {k: v for k, v in answer.headers.items() if k.lower() not in _OWN_HEADERS}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)

        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app)
        await runner.setup()
        for port, tls in listeners.items():
            await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
        ready.set()
        await stop.wait()
        await runner.cleanup()
