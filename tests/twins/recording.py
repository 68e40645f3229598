"""A proxy before Elasticsearch that writes down every call, so that a test sees which requests a twin really sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web

_OWN_HEADERS = ("content-length", "transfer-encoding")


class RecordedCall(NamedTuple):
    """A request as it reached Elasticsearch."""

    method: str
    path: str
    body: Any


class Recorder:
    """The calls that went through a proxy since the last `take`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._calls: list[RecordedCall] = []

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
def recording(elasticsearch_url: str, port: int) -> Iterator[Recorder]:
    """A running proxy on 127.0.0.1, in a thread of its own."""
    recorder = Recorder(f"http://127.0.0.1:{port}")
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    serving = _serve(recorder, elasticsearch_url, port, ready, stop)
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


async def _serve(recorder: Recorder, target: str, port: int, ready: threading.Event, stop: asyncio.Event) -> None:
    async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session:

        async def forward(request: web.Request) -> web.Response:
            body = await request.read()
            recorder.add(RecordedCall(request.method, request.path_qs, parsed(body)))
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
            async with session.request(
                request.method, f"{target}{request.raw_path}", data=body, headers=headers
            ) as answer:
                kept = {k: v for k, v in answer.headers.items() if k.lower() not in _OWN_HEADERS}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)

        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()
        await stop.wait()
        await runner.cleanup()
