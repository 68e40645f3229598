"""The load generator's HTTP client, over real connections to a server that answers as each path has it."""

from __future__ import annotations

import gzip
import json
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest

from loadtests.checkout import PROJECT
from loadtests.load import checks, client
from loadtests.load.client import Client, Exchange
from loadtests.load.sending import send
from loadtests.load.workloads import Request
from loadtests.servers import free_port


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        match self.path:
            case "/gzip":
                self._send(200, gzip.compress(b"packed"), {"Content-Encoding": "gzip"})
            case "/deflate":
                self._send(200, zlib.compress(b"packed"), {"Content-Encoding": "deflate"})
            case "/brotli":
                self._send(200, brotli.compress(b"packed"), {"Content-Encoding": "BR"})
            case "/broken-gzip":
                self._send(200, b"packed", {"Content-Encoding": "gzip"})
            case "/broken-brotli":
                self._send(200, b"packed", {"Content-Encoding": "br"})
            case "/unknown-encoding":
                self._send(200, b"packed", {"Content-Encoding": "parcel"})
            case "/moved":
                self._send(307, b"", {"Location": "/"})
            case "/cookie":
                self._send(200, str(self.headers["Cookie"]).encode(), {"Set-Cookie": "seen=1"})
            case "/short":
                self._send(200, b"half of it", {"Content-Length": "20"})
                self.close_connection = True
            case "/mute":
                self.server.silence.wait()  # type: ignore[attr-defined]
            case "/slow":
                time.sleep(0.3)
                self._send(200, b"")
            case "/closing":
                self._send(200, b"")
                self.close_connection = True  # which the answer did not tell
            case _:
                self._send(404, self.path.encode(), {"ETag": '"1-1"', "Server-Timing": "app;dur=3.5, es;dur=2"})

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        told = {name: self.headers[name] for name in ("Content-Type", "If-Match")}
        self._send(201, json.dumps({"sent": json.loads(sent), **told}).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, text in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.silence = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.silence.set()  # type: ignore[attr-defined]
            server.shutdown()
            thread.join()


def get(url: str, path: str) -> Exchange:
    return Client().exchange(url, _get(path))


def _get(path: str) -> Request:
    return Request("any", "GET", path, checks.status(200))


def test_an_answer_is_told_as_it_came(url: str) -> None:
    exchange = get(url, "/nowhere?q=two%20words")
    assert (exchange.fault, exchange.response.status, exchange.response.body) == (None, 404, b"/nowhere?q=two%20words")
    assert exchange.response.headers["etag"] == '"1-1"'
    assert exchange.service_time_ms > 0


def test_a_service_may_have_a_path_before_its_own(url: str) -> None:
    assert get(f"{url}/v1/", "/books").response.body == b"/v1/books"


def test_a_body_is_sent_as_json_beside_the_headers_asked_for(url: str) -> None:
    request = Request("any", "POST", "/", checks.status(201), {"title": "Æsop"}, {"If-Match": '"1-1"'})
    response = Client().exchange(url, request).response
    assert json.loads(response.body) == {
        "sent": {"title": "Æsop"}, "Content-Type": "application/json", "If-Match": '"1-1"',
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/gzip", "/deflate", "/brotli"])
def test_a_compressed_answer_is_unpacked(url: str, path: str) -> None:
    assert get(url, path).response.body == b"packed"


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/broken-gzip", "Error -3 while decompressing data: incorrect header check"),
        ("/broken-brotli", "brotli: decoder failed"),
        ("/unknown-encoding", "unknown content encoding: parcel"),
        ("/short", "the connection was closed within the response"),
    ],
)
def test_a_broken_answer_is_none(url: str, path: str, fault: str) -> None:
    exchange = get(url, path)
    assert (exchange.response.status, exchange.fault) == (0, fault)


def test_a_redirect_is_an_answer_like_others(url: str) -> None:
    assert get(url, "/moved").response.status == 307


def test_cookies_are_not_kept(url: str) -> None:
    asking = Client()
    assert [asking.exchange(url, _get("/cookie")).response.body for _ in range(2)] == [b"None", b"None"]


def test_who_can_not_be_reached_gave_no_answer() -> None:
    exchange = get(f"http://127.0.0.1:{free_port()}", "/")
    assert exchange.response.status == 0
    assert "refused" in (exchange.fault or "")


def test_who_is_silent_is_not_waited_for_without_end(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 0.1)
    exchange = get(url, "/mute")
    assert (exchange.response.status, exchange.fault) == (0, "timed out")
    assert exchange.service_time_ms >= 100


def test_each_request_on_a_connection_has_the_whole_time_out(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 1)
    asking = Client()
    assert [asking.exchange(url, _get("/slow")).fault for _ in range(5)] == [None] * 5
    assert asking.connects == 1


def test_a_connection_that_the_service_closed_is_replaced(url: str) -> None:
    asking = Client()
    assert [asking.exchange(url, _get("/closing")).fault for _ in range(3)] == [None] * 3


def test_a_request_is_recorded_with_what_its_answer_tells(url: str) -> None:
    record, response = send(Client(), url, _get("/nowhere"), slice_number=7, intended_s=1.5)
    assert response is None
    assert (record.slice, record.intended_s, record.status) == (7, 1.5, 404)
    assert (record.size_bytes, record.app_ms, record.es_ms) == (8, 3.5, 2)
    assert record.failure == "status 404 instead of 200"


def test_a_request_without_a_schedule_is_due_when_it_is_made(url: str) -> None:
    record, response = send(Client(), url, _get("/closing"))
    assert response is not None
    assert (record.intended_s, record.failure) == (record.start_s, None)


RESET, END = b"reset", b""
"""In the place of a response: the connection is reset, or ended."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Heard:
    """What a scripted server got: the request lines of each connection."""

    url: str
    connections: list[list[str]]


@contextmanager
def scripted(*connections: Sequence[bytes]) -> Iterator[Heard]:
    """A server that sends these bytes for each request in turn, and closes a connection after its last ones."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        heard = Heard(f"http://127.0.0.1:{listening.getsockname()[1]}", [])
        over = threading.Event()
        thread = threading.Thread(target=_respond, args=(listening, connections, heard, over))
        thread.start()
        try:
            yield heard
        finally:
            over.set()
            thread.join(timeout=10)


def _respond(
    listening: socket.socket, connections: Sequence[Sequence[bytes]], heard: Heard, over: threading.Event
) -> None:
    for responses in connections:
        while not select.select([listening], [], [], 0.02)[0]:
            if over.is_set():
                return
        one, _ = listening.accept()
        heard.connections.append([])
        with one, one.makefile("rb") as reading:
            for response in responses:
                if not (line := _request_line(reading)):
                    break
                heard.connections[-1].append(line)
                if response == RESET:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    one.sendall(response)


def _request_line(reading: object) -> str:
    first = reading.readline().decode().rstrip()  # type: ignore[attr-defined]
    length = 0
    while line := reading.readline().strip():  # type: ignore[attr-defined]
        length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
    reading.read(length)  # type: ignore[attr-defined]
    return str(first)


def asked(asking: Client, url: str, method: str = "GET") -> tuple[int, bytes, str | None]:
    body = {"a": 1} if method == "POST" else None
    exchange = asking.exchange(url, Request("any", method, "/", checks.status(200), body))
    return exchange.response.status, exchange.response.body, exchange.fault


@pytest.mark.parametrize(
    ("response", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n", b"ok!"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Encoding: br\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nall up to the end", b"all up to the end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000), bytes(200_000)),
    ],
)
def test_every_form_of_a_response_is_read_to_its_end(response: bytes, body: bytes) -> None:
    with scripted([response]) as server:
        assert asked(Client(), server.url) == (200, body, None)


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection was closed within the response"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "the connection was closed within the response"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", "the connection was closed within"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "the connection was closed within the response"),
        (b"what is this\r\n\r\n", "Expected HTTP/"),
        (RESET, "Connection reset by peer"),
    ],
)
def test_less_than_a_response_is_a_failure_with_its_reason(response: bytes, fault: str) -> None:
    with scripted([response]) as server:
        status, _, told = asked(Client(), server.url)
    assert (status, len(server.connections)) == (0, 1)
    assert fault in (told or "")


def test_a_connection_is_kept_where_the_service_keeps_it() -> None:
    asking = Client()
    with scripted([OK, OK, CLOSING], [OK]) as server:
        assert [asked(asking, server.url) for _ in range(4)] == [(200, b"ok", None)] * 4
    assert [len(requests) for requests in server.connections] == [3, 1]
    assert asking.connects == 2


@pytest.mark.parametrize("late", [RESET, END])
def test_a_kept_connection_that_ends_without_a_byte_is_replaced_once(late: bytes) -> None:
    asking = Client()
    with scripted([OK, late], [OK]) as server:
        assert [asked(asking, server.url) for _ in range(2)] == [(200, b"ok", None)] * 2
    assert [len(requests) for requests in server.connections] == [2, 1]
    with scripted([OK, late], [RESET], [OK]) as server:
        assert [asked(asking, server.url)[0] for _ in range(2)] == [200, 0]
    assert len(server.connections) == 2


def test_what_may_have_had_its_effect_is_not_sent_again() -> None:
    asking = Client()
    with scripted([OK, RESET], [OK]) as server:
        assert asked(asking, server.url, "POST")[0] == 200
        status, _, fault = asked(asking, server.url, "POST")
    assert (status, len(server.connections)) == (0, 1)
    assert "reset" in (fault or "")


def test_a_half_response_on_a_kept_connection_is_not_asked_for_again() -> None:
    asking = Client()
    with scripted([OK, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], [OK]) as server:
        assert [asked(asking, server.url)[0] for _ in range(2)] == [200, 0]
    assert len(server.connections) == 1


def test_a_body_that_no_buffer_holds_is_sent_to_its_end() -> None:
    with scripted([OK]) as server:
        request = Request("any", "POST", "/", checks.status(200), {"text": "x" * 20_000_000})
        assert Client().exchange(server.url, request).response.body == b"ok"


def test_bytes_that_nobody_asked_for_are_no_response_to_the_next_request() -> None:
    asking = Client()
    with scripted([OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"], [OK]) as server:
        assert [asked(asking, server.url) for _ in range(2)] == [(200, b"ok", None)] * 2
    assert len(server.connections) == 2


def test_an_ipv6_service_gets_its_address_as_host() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=_tell_host, args=(listening,))
        thread.start()
        assert asked(Client(), f"http://[::1]:{port}") == (200, f"[::1]:{port}".encode(), None)
        thread.join()


def _tell_host(listening: socket.socket) -> None:
    one, _ = listening.accept()
    with one:
        head = one.recv(65_536).decode().splitlines()
        host = next(line.removeprefix("Host: ") for line in head if line.startswith("Host: "))
        one.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(host)}\r\n\r\n{host}".encode())


PATCHED = """if True:
    from gevent import monkey
    monkey.patch_all()
    import gevent, json, resource, sys
    from loadtests.load import checks
    from loadtests.load import client as module
    from loadtests.load.client import Client
    from loadtests.load.workloads import Request
    client = Client()
    def ask():
        assert client.exchange(sys.argv[1], Request("any", "GET", "/", checks.status(200))).response.status == 200
"""
WITH_MANY_FILES_OPEN = """
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    files = [open("/dev/null") for _ in range(1100)]
    for _ in range(5):
        ask()
    print(json.dumps(client.connects))
"""
WHILE_ANOTHER_CAN_RUN = """
    order, send = [], module._Connection._send
    def sending(*args):
        order.append("sent")
        return send(*args)
    ask()
    module._Connection._send = sending
    another = gevent.spawn(order.append, "another ran")
    ask()
    another.join()
    print(json.dumps(order))
"""


@pytest.mark.parametrize(
    ("script", "told"), [(WITH_MANY_FILES_OPEN, 1), (WHILE_ANOTHER_CAN_RUN, ["sent", "another ran"])]
)
def test_in_a_process_that_gevent_has_patched(script: str, told: object) -> None:
    """As Locust patches its own. A connection is kept however many files are open; a request on a kept one is sent
    before anyone else runs."""
    with scripted([OK] * 5) as server:
        command = [sys.executable, "-c", PATCHED + script, server.url]
        ran = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    assert json.loads(ran.stdout) == told
