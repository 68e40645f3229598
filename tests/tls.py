"""A TLS front with an API key before the tests' Elasticsearch, as a secured cluster has."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadtests.backend.certificate import server_context
from shared import addresses

_PASSED = ("Content-Type", "Accept")
_RETURNED = ("Content-Type", "X-Elastic-Product")
_REFUSED = b'{"error":{"type":"security_exception","reason":"unable to authenticate"},"status":401}'


@contextmanager
def secured(behind_url: str, own_certificate: Path, api_key: str, host: str = "127.0.0.1") -> Iterator[str]:
    """Yields the https:// URL on `host` of a server that hands on what comes with this (encoded) API key."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers["Authorization"] == f"ApiKey {api_key}":
                self._hand_on(body)
            else:
                self._send(401, {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"}, _REFUSED)

        do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 (the names that http.server looks for)

        def _hand_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection(urlsplit(behind_url).netloc, timeout=60)
            headers = {name: self.headers[name] for name in _PASSED if self.headers[name]}
            connection.request(self.command, self.path, body, headers)
            with connection.getresponse() as response:
                content = response.read()
                returned = {name: response.headers[name] for name in _RETURNED if response.headers[name]}
            connection.close()
            self._send(response.status, returned, content)

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that does not trust the certificate leaves in the handshake."""

        def finish_request(self, request: Any, client_address: Any) -> None:
            """In the connection's own thread, as the handshake waits for the client."""
            with context.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)

    context = server_context(own_certificate)
    with Server((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://{addresses.with_port(host, server.server_port)}"
        finally:
            server.shutdown()
            thread.join()
