"""Locust's connections are counted as it makes them: in a process of its own, for Locust patches what it imports."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loadtests.paths import PROJECT

ASK = """if True:
    import json, sys
    from locust import FastHttpUser
    from locust.env import Environment
    from loadtests.connections import count_connects
    connects = count_connects()
    class User(FastHttpUser):
        host = sys.argv[1]
    client = User(Environment()).client
    for url in sys.argv[1:]:
        for _ in range(5):
            assert client.get(url).status_code == 200
    print(json.dumps(connects))
"""
"""Five requests to each URL."""


@contextmanager
def answering(protocol: str) -> Iterator[int]:
    """The port of a server which closes each connection (HTTP/1.0) or keeps it (HTTP/1.1)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_keeps_connections_is_told_from_one_that_closes_them() -> None:
    with answering("HTTP/1.0") as closing, answering("HTTP/1.1") as keeping:
        urls = [f"http://127.0.0.1:{port}/" for port in (closing, keeping)]
        asked = subprocess.run([sys.executable, "-c", ASK, *urls], cwd=PROJECT, capture_output=True, check=True)
    assert json.loads(asked.stdout) == {str(closing): 5, str(keeping): 1}
