"""The load generator's HTTP client, over real connections to a server that answers as each path has it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

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
    return Client(1).exchange(url, _get(path))


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
    response = Client(1).exchange(url, request).response
    assert json.loads(response.body) == {
        "sent": {"title": "Æsop"}, "Content-Type": "application/json", "If-Match": '"1-1"',
    }  # fmt: skip


def test_a_compressed_answer_is_unpacked(url: str) -> None:
    assert get(url, "/gzip").response.body == b"packed"


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/broken-gzip", "Error -3 while decompressing data: incorrect header check"),
        ("/broken-brotli", "brotli: decoder failed"),
        ("/unknown-encoding", "Unknown content encoding: parcel"),
        ("/short", "Incomplete response."),
    ],
)
def test_a_broken_answer_is_none(url: str, path: str, fault: str) -> None:
    exchange = get(url, path)
    assert (exchange.response.status, exchange.fault) == (0, fault)


def test_a_redirect_is_an_answer_like_others(url: str) -> None:
    assert get(url, "/moved").response.status == 307


def test_cookies_are_not_kept(url: str) -> None:
    asking = Client(1)
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


def test_a_connection_that_the_service_closed_is_replaced(url: str) -> None:
    asking = Client(1)
    assert [asking.exchange(url, _get("/closing")).fault for _ in range(3)] == [None] * 3


def test_a_request_is_recorded_with_what_its_answer_tells(url: str) -> None:
    record, response = send(Client(1), url, _get("/nowhere"), slice_number=7, intended_s=1.5)
    assert response is None
    assert (record.slice, record.intended_s, record.status) == (7, 1.5, 404)
    assert (record.size_bytes, record.app_ms, record.es_ms) == (8, 3.5, 2)
    assert record.failure == "status 404 instead of 200"


def test_a_request_without_a_schedule_is_due_when_it_is_made(url: str) -> None:
    record, response = send(Client(1), url, _get("/closing"))
    assert response is not None
    assert (record.intended_s, record.failure) == (record.start_s, None)
