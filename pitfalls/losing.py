"""A proxy before Elasticsearch that loses the response to a write, as one does that restarts at that moment."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from loadtests.servers import HOST

_POLL_S = 0.05
"""How soon it notices that it is to stop."""


@contextmanager
def losing_answers(es_url: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the proxy's ES_URL and the path of each PUT, as they come.

    A PUT on a connection that has served a request before is carried out, and the connection closed without a response.
    """
    writes: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        _is_kept = False

        def do_PUT(self) -> None:
            writes.append(self.path)
            self._answer(is_lost=self._is_kept)

        def do_POST(self) -> None:
            self._answer(is_lost=False)

        def _answer(self, is_lost: bool) -> None:
            response, body = self._pass_on()
            if is_lost:
                self.close_connection = True
                return
            self._is_kept = True
            self.send_response(response.status)
            for name in ("Content-Type", "X-Elastic-Product"):
                self.send_header(name, response.headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _pass_on(self) -> tuple[http.client.HTTPResponse, bytes]:
            upstream = http.client.HTTPConnection(urlsplit(es_url).netloc)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            try:
                upstream.request(self.command, self.path, self.rfile.read(int(headers["Content-Length"])), headers)
                response = upstream.getresponse()
                return response, response.read()
            finally:
                upstream.close()

        def log_message(self, *_: object) -> None:
            """The forms' own output is what matters."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}", writes
        finally:
            server.shutdown()
            thread.join()
