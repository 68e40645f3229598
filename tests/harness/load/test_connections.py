"""The generator's connections, each time in a process of its own, patched by gevent as Locust patches its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loadtests.checkout import PROJECT

PREPARE = """if True:
    from gevent import monkey
    monkey.patch_all()
    import gevent, json, resource, sys
    from gevent.socket import socket
    from loadtests.load import checks
    from loadtests.load.client import Client
    from loadtests.load.connections import count_connects
    from loadtests.load.workloads import Request
    connects, client, urls = count_connects(), Client(1), sys.argv[1:]
    def ask(url):
        assert client.exchange(url, Request("any", "GET", "/", checks.status(200))).response.status == 200
"""
ASK_FIVE_TIMES = """
    for url in urls * 5:
        ask(url)
    print(json.dumps(connects))
"""
ASK_WITH_MANY_FILES_OPEN = """
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    files = [open("/dev/null") for _ in range(1100)]
    for url in urls * 5:
        ask(url)
    print(json.dumps(connects))
"""
ASK_WHILE_ANOTHER_CAN_RUN = """
    order, sendall = [], socket.sendall
    def sending(*args):
        order.append("sent")
        return sendall(*args)
    ask(urls[0])
    socket.sendall = sending
    another = gevent.spawn(order.append, "another ran")
    ask(urls[0])
    another.join()
    print(json.dumps(order))
"""


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


def told_by(script: str, *ports: int) -> Any:
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    command = [sys.executable, "-c", PREPARE + script, *urls]
    return json.loads(subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True).stdout)


def test_a_server_that_keeps_connections_is_told_from_one_that_closes_them() -> None:
    with answering("HTTP/1.0") as closing, answering("HTTP/1.1") as keeping:
        assert told_by(ASK_FIVE_TIMES, closing, keeping) == {str(closing): 5, str(keeping): 1}


def test_a_connection_is_kept_however_many_files_are_open() -> None:
    with answering("HTTP/1.1") as keeping:
        assert told_by(ASK_WITH_MANY_FILES_OPEN, keeping) == {str(keeping): 1}


def test_a_request_is_sent_before_anyone_else_runs() -> None:
    with answering("HTTP/1.1") as keeping:
        assert told_by(ASK_WHILE_ANOTHER_CAN_RUN, keeping) == ["sent", "another ran"]
