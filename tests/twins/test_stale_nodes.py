"""All nodes by themselves, in the clear and under TLS: which requests are sent again, and which never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from math import inf
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from elastic_transport import ConnectionError, NodeConfig

from async_app import node as async_node
from shared import resends
from shared.operations import READS, Call
from shared.settings import Settings
from shared.telemetry import Telemetry
from sync_app import node as sync_node
from tests.twins.served import node_config

LIMIT_S = 30.0


class ClosesKept(BaseHTTPRequestHandler):
    """Answers one request of each connection, and closes it when it has read the second."""

    protocol_version = "HTTP/1.1"
    methods: list[str]
    _is_kept = False

    def _exchange(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.methods.append(self.command)
        if self._is_kept:
            self.close_connection = True
            return
        self._is_kept = True
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _exchange  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["http", "https"])
def config(request: pytest.FixtureRequest, certificate: Path) -> Iterator[NodeConfig]:
    ClosesKept.methods = []
    with node_config(ClosesKept, certificate if request.param == "https" else None) as config:
        yield config


NODES: dict[str, dict[str, str]] = {"sync": {}, "async": {}, "async-httpx": {"LAB_ES_NODE": "httpx"}}


@pytest.fixture(params=NODES)
def node(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def send_twice(node: str, config: NodeConfig, method: str, deliver: Callable[[], None]) -> None:
    """A request that leaves a connection, and the same again as `deliver` announces it."""
    if node == "sync":
        sync = sync_node.node_class(Settings.from_environ({}, "sync"))(config)
        sync.perform_request("GET", "/", request_timeout=LIMIT_S)
        deliver()
        sync.perform_request(method, "/", b"{}", request_timeout=LIMIT_S)
        return

    async def send() -> None:
        opened = async_node.node_class(Settings.from_environ(NODES[node], "async"))(config)
        try:
            await opened.perform_request("GET", "/", request_timeout=LIMIT_S)
            deliver()
            await opened.perform_request(method, "/", b"{}", request_timeout=LIMIT_S)
        finally:
            await opened.close()

    asyncio.run(send())


@pytest.fixture
def account() -> Iterator[Telemetry]:
    yield Telemetry("test", set())
    resends.deliver(Call("index", {}), Telemetry("after the test", set()))


@pytest.mark.parametrize("call", sorted(READS))
def test_a_call_that_reads_is_sent_again(node: str, config: NodeConfig, account: Telemetry, call: str) -> None:
    send_twice(node, config, "POST", lambda: resends.deliver(Call(call, {}), account))
    assert (ClosesKept.methods, account.resends) == (["GET", "POST", "POST"], 1)


@pytest.mark.parametrize(
    ("call", "method"),
    [("create", "PUT"), ("index", "PUT"), ("delete", "DELETE"), ("bulk", "POST"), ("unheard_of", "GET")],
)
def test_a_call_that_writes_is_not(node: str, config: NodeConfig, account: Telemetry, call: str, method: str) -> None:
    with pytest.raises(ConnectionError):
        send_twice(node, config, method, lambda: resends.deliver(Call(call, {}), account))
    assert (ClosesKept.methods, account.resends) == (["GET", method], 0)


def test_nor_is_one_that_nobody_announced(node: str, config: NodeConfig) -> None:
    with pytest.raises(ConnectionError):
        send_twice(node, config, "GET", lambda: None)
    assert ClosesKept.methods == ["GET", "GET"]


def test_aiohttps_time_limit_is_not_rounded_up(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[ClientTimeout] = []
    request = ClientSession._request

    async def seen(session: ClientSession, *args: Any, timeout: ClientTimeout, **kwargs: Any) -> Any:
        limits.append(timeout)
        return await request(session, *args, timeout=timeout, **kwargs)

    monkeypatch.setattr(ClientSession, "_request", seen)
    send_once_in_async(config)
    assert [(limit.total, limit.ceil_threshold) for limit in limits] == [(LIMIT_S, inf)]


def send_once_in_async(config: NodeConfig) -> None:
    async def send() -> None:
        node = async_node.node_class(Settings.from_environ({}, "async"))(config)
        try:
            await node.perform_request("GET", "/", request_timeout=LIMIT_S)
        finally:
            await node.close()

    asyncio.run(send())
