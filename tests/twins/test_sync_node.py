"""The sync twin's way to Elasticsearch: an answer has a time limit as a whole, in the clear and under TLS."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from elastic_transport import ConnectionTimeout, NodeConfig

from sync_app.node import node_class

LIMIT_S = 0.5
DROPS = 40
CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=127.0.0.1"
    " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem"
)


class InDrops(BaseHTTPRequestHandler):
    """Sends an answer byte by byte if it is asked to, none of them late."""

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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(CERTIFICATE.split(), cwd=folder, check=True, capture_output=True)
    return folder / "certificate.pem"


@pytest.fixture(params=["http", "https"])
def config(request: pytest.FixtureRequest, certificate: Path) -> Iterator[NodeConfig]:
    """How to reach a server that speaks HTTP, or HTTPS under the certificate."""
    scheme: str = request.param
    with ThreadingHTTPServer(("127.0.0.1", 0), InDrops) as server:
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_name("key.pem"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        InDrops.ended.clear()
        try:
            ca_certs = str(certificate) if scheme == "https" else None
            yield NodeConfig(scheme, "127.0.0.1", server.server_port, ca_certs=ca_certs)
        finally:
            InDrops.ended.set()
            server.shutdown()
            thread.join()


def test_an_answer_in_drops_is_too_slow(config: NodeConfig) -> None:
    node = node_class(connect_timeout_s=5)(config)
    with pytest.raises(ConnectionTimeout):
        node.perform_request("GET", "/drops", request_timeout=LIMIT_S)


def test_the_limit_begins_anew_with_each_request(config: NodeConfig) -> None:
    node = node_class(connect_timeout_s=5)(config)
    assert [node.perform_request("GET", "/", request_timeout=10).body for _ in range(3)] == [b"x" * DROPS] * 3
