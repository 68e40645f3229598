"""A contender, such as a twin, as a process with a test's own settings, and backends that behave as a test wants."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import httpx
from elastic_transport import NodeConfig

from loadtests.backend.certificate import server_context
from loadtests.contenders import named
from tests.conftest import free_port
from tests.twins.test_equal import BOOK
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


def environment(**variables: str) -> dict[str, str]:
    """That of a twin, with settings of a test's own."""
    return os.environ | variables


@contextmanager
def served(
    name: str, stderr: IO[bytes] | None = None, /, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The app of a contender, such as a twin, on a free port; its readiness is not awaited."""
    contender = named(name)
    environ = os.environ | {"LAB_PORT": str(free_port())} | variables
    command = [str(contender.installation.python), "-m", contender.app]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=stderr)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{environ['LAB_PORT']}", timeout=30) as client:
            eventually(lambda: answers(client))
            yield process, client
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def connect(url: httpx.URL) -> socket.socket:
    return socket.create_connection((url.host, url.port or 80), timeout=30)


def exchange(url: httpx.URL, request: bytes) -> HTTPResponse | None:
    """The answer to raw bytes, read to its end; None where the connection is closed instead."""
    with connect(url) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        try:
            response.begin()
        except ConnectionError:
            return None
        response.body = response.read()  # type: ignore[attr-defined]
        return response


@dataclass
class Holding:
    """An Elasticsearch that finds a book under every id, once it is told to answer."""

    url: str
    go: threading.Event = field(default_factory=threading.Event)
    received: list[str] = field(default_factory=list)
    """The paths of the requests that have reached it, answered or not."""


@contextmanager
def holding() -> Iterator[Holding]:
    """Requests wait in it until `go` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            backend.received.append(self.path)
            backend.go.wait(timeout=30)
            body = json.dumps({"_id": "x", "_seq_no": 0, "_primary_term": 1, "_source": BOOK}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        backend = Holding(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield backend
        finally:
            backend.go.set()
            server.shutdown()
            thread.join()


@contextmanager
def node_config(handler: type[BaseHTTPRequestHandler], certificate: Path | None) -> Iterator[NodeConfig]:
    """How to reach a server that speaks HTTP, or HTTPS under the certificate."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate:
            server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            scheme, ca_certs = ("https", str(certificate)) if certificate else ("http", None)
            yield NodeConfig(scheme, "127.0.0.1", server.server_port, ca_certs=ca_certs)
        finally:
            server.shutdown()
            thread.join()
