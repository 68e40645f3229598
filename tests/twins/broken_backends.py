"""Backends that are no Elasticsearch, each broken in its own way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def silent_backend() -> Iterator[tuple[str, threading.Event]]:
    """Accepts connections and never responds; the event is set by the first request."""
    requested, ended = threading.Event(), threading.Event()

    def listen(server: socket.socket) -> None:
        kept = []
        while not ended.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            kept.append(connection)
            connection.settimeout(10)
            connection.recv(65536)
            requested.set()
        for connection in kept:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        thread = threading.Thread(target=listen, args=[server])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", requested
        finally:
            ended.set()
            thread.join()


@contextmanager
def full_backlog() -> Iterator[str]:
    """A port that listens, and whose queue of connections to accept is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(server.getsockname())
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def answering(answer: Callable[[str, bytes], Any], status: int = 200) -> Iterator[str]:
    """Calls itself Elasticsearch, and responds with the JSON that `answer` makes of a request's path and body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = json.dumps(answer(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))).encode()
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
