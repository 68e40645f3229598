"""The async twin's node of httpx: its limits of time and connections, and the addresses that it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout, NodeConfig, TlsError

from async_app.node import node_class
from shared.settings import Settings
from tests.twins.broken_backends import full_backlog
from tests.twins.served import node_config
from tests.twins.test_sync_node import DROPS, LIMIT_S, InDrops

POOL = 3


def requested(config: NodeConfig, path: str, *, times: int = 1, limit_s: float = 10, connect_s: float = 5) -> list[Any]:
    """The bodies of the answers to requests at once."""

    async def request() -> list[Any]:
        environ = {"LAB_ES_NODE": "httpx", "LAB_ES_CONNECT_TIMEOUT_S": str(connect_s)}
        node = node_class(Settings.from_environ(environ, "async"))(config)
        try:
            each = [node.perform_request("GET", path, request_timeout=limit_s) for _ in range(times)]
            return [response.body for response in await asyncio.gather(*each)]
        finally:
            await node.close()

    return asyncio.run(request())


@pytest.fixture(params=["http", "https"])
def config(request: pytest.FixtureRequest, certificate: Path) -> Iterator[NodeConfig]:
    InDrops.ended.clear()
    with node_config(InDrops, certificate if request.param == "https" else None) as config:
        yield config
        InDrops.ended.set()


def test_an_answer_in_drops_is_too_slow(config: NodeConfig) -> None:
    with pytest.raises(ConnectionTimeout):
        requested(config, "/drops", limit_s=LIMIT_S)


def test_an_answer_in_time_is_whole(config: NodeConfig) -> None:
    assert requested(config, "/", times=3) == [b"x" * DROPS] * 3


def test_a_connection_that_is_not_accepted_is_too_slow() -> None:
    began_s = time.monotonic()
    with full_backlog() as url, pytest.raises(ConnectionTimeout):
        requested(NodeConfig("http", "127.0.0.1", int(url.rpartition(":")[2])), "/", limit_s=20, connect_s=0.2)
    assert time.monotonic() - began_s < 5


def test_an_authority_that_is_not_trusted_is_told(certificate: Path) -> None:
    with node_config(InDrops, certificate) as config, pytest.raises(TlsError):
        requested(replace(config, ca_certs=None), "/")


class Counted(BaseHTTPRequestHandler):
    """Tells the path that was asked, and counts the requests that are answered at once."""

    protocol_version = "HTTP/1.1"
    lock = Lock()
    now = most = 0

    def do_GET(self) -> None:
        with self.lock:
            Counted.now += 1
            Counted.most = max(Counted.most, Counted.now)
        Event().wait(0.05)
        with self.lock:
            Counted.now -= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_: object) -> None:
        pass


def test_the_pool_is_as_large_as_it_is_told() -> None:
    with node_config(Counted, None) as config:
        bodies = requested(replace(config, connections_per_node=POOL), "/x", times=4 * POOL)
    assert (bodies, Counted.most) == ([b"/x"] * 4 * POOL, POOL)


def test_the_path_of_the_url_comes_first() -> None:
    with node_config(Counted, None) as config:
        assert requested(replace(config, path_prefix="/es"), "/books/_doc/a%2Cb?x=1") == [b"/es/books/_doc/a%2Cb?x=1"]
