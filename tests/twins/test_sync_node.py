"""The sync twin's way to Elasticsearch: an answer has a time limit as a whole, in the clear and under TLS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from elastic_transport import ConnectionTimeout, NodeConfig

from shared.settings import Settings
from sync_app.node import node_class
from tests.twins.served import node_config

LIMIT_S = 0.5
DROPS = 40


class InDrops(BaseHTTPRequestHandler):
    """Sends a response byte by byte where `path` says so, no byte late."""

    ended = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(DROPS))
        self.end_headers()
        for _ in range(DROPS):
            self.wfile.write(b"x")
            if self.path == "/drops" and self.ended.wait(timeout=LIMIT_S / 5):
                return

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["http", "https"])
def config(request: pytest.FixtureRequest, certificate: Path) -> Iterator[NodeConfig]:
    """How to reach a server that speaks HTTP, or HTTPS under the certificate."""
    scheme: str = request.param
    InDrops.ended.clear()
    with node_config(InDrops, certificate if scheme == "https" else None) as config:
        yield config
        InDrops.ended.set()


def test_an_answer_in_drops_is_too_slow(config: NodeConfig) -> None:
    node = node_class(Settings.from_environ({}, "sync"))(config)
    with pytest.raises(ConnectionTimeout):
        node.perform_request("GET", "/drops", request_timeout=LIMIT_S)


def test_the_limit_begins_anew_with_each_request(config: NodeConfig) -> None:
    node = node_class(Settings.from_environ({}, "sync"))(config)
    assert [node.perform_request("GET", "/", request_timeout=10).body for _ in range(3)] == [b"x" * DROPS] * 3
