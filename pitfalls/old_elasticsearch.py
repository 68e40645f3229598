"""A small local HTTP server that passes for Elasticsearch 7.14.2, for clients of that time.

They ask `GET /` before anything else, which the lab's Elasticsearch lacks (it is a minimal distribution), and refuse
servers that don't answer it as theirs. Every search finds one book. To try a form by hand:
`python -m pitfalls.old_elasticsearch`, then the form with the ES_URL that it prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from loadtests.servers import HOST

_POLL_S = 0.05
"""How soon a host notices that it is to stop."""

_ANSWER = json.dumps(
    {
        "version": {"number": "7.14.2", "build_flavor": "default"},
        "tagline": "You Know, for Search",
        "hits": {"total": {"value": 1, "relation": "eq"}, "hits": []},
    }
).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """A broken form may leave in the middle of an exchange: its event loop has been closed."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    do_POST = do_GET  # noqa: N815 (the name that http.server looks for)

    def log_message(self, *_: object) -> None:
        """The forms' own logs are what matters."""


@contextmanager
def old_elasticsearch(hosts: int = 1) -> Iterator[str]:
    """Yields an ES_URL of as many hosts as asked for, which are there as long as the block."""
    with ExitStack() as servers:
        yield ",".join(servers.enter_context(_host()) for _ in range(hosts))


@contextmanager
def _host() -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), _Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    with old_elasticsearch(hosts=6) as urls:
        print(f"ES_URL={urls}", flush=True)
        Event().wait()
