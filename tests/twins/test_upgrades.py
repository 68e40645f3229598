"""An offer to upgrade the connection is ignored: the request is answered, with its body, as if nothing was offered."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable
from http.client import HTTPResponse

import httpx
import pytest

from shared.settings import Twin
from tests.twins.served import connect, exchange
from tests.twins.test_equal import body

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
"""As curl and Java's client offer it with every request."""

OFFERS = {
    "HTTP/2": H2C,
    "a websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "TLS": b"Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
    "several": b"Upgrade: h2c, websocket\r\nUpgrade: IRC/6.9\r\nConnection: upgrade\r\n",
    "an unknown one": b"connection: uPGRADE\r\nupgrade: x\r\n",
    "without saying so in Connection": b"Upgrade: h2c\r\n",
}
INCOMPLETE = json.dumps({"title": "T", "year": 1999, "tags": ["x" * 100] * 5}).encode()
MISSING = ["author", "genre", "rating", "summary"]
CHUNKS = [INCOMPLETE[:1], INCOMPLETE[1:300], INCOMPLETE[300:]]
CHUNKED = b"Transfer-Encoding: chunked\r\n", b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in [*CHUNKS, b""])
BODIES = {"by length": (b"Content-Length: %d\r\n" % len(INCOMPLETE), INCOMPLETE), "in chunks": CHUNKED}
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
CLOSE = GET + b"Connection: close\r\n\r\n"


def post(*fields: bytes) -> bytes:
    return b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + b"".join(fields) + b"\r\n"


@pytest.fixture
def url(urls: dict[Twin, str], twin: Twin) -> httpx.URL:
    return httpx.URL(urls[twin])


def received(connection: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    with connection.makefile("rb") as file:
        return file.read()


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def missing(answers: bytes) -> list[str]:
    return [name.decode() for name in re.findall(rb'"field": ?"(\w+)"', answers)]


def in_bytes(request: bytes) -> Iterable[bytes]:
    return (request[at : at + 1] for at in range(len(request)))


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("framed", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "a byte at a time"])
def test_the_body_is_read_and_the_connection_goes_on(
    url: httpx.URL, offer: bytes, framed: tuple[bytes, bytes], whole: bool
) -> None:
    framing, sent = framed
    request = post(offer, framing) + sent
    with connect(url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [request] if whole else in_bytes(request):
            connection.sendall(piece)
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, missing(answer.read())) == (422, MISSING)
        connection.sendall(CLOSE)
        assert statuses(received(connection)) == [200]


@pytest.mark.parametrize("framed", BODIES.values(), ids=BODIES)
def test_the_body_is_read_when_its_client_waited_for_leave(url: httpx.URL, framed: tuple[bytes, bytes]) -> None:
    """So it surely comes apart from its head."""
    framing, sent = framed
    with connect(url) as connection:
        connection.sendall(post(H2C, framing, b"Expect: 100-continue\r\n"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(sent + CLOSE)
        answers = received(connection)
    assert (statuses(answers), missing(answers)) == ([422, 200], MISSING)


def test_requests_that_offer_and_do_not_wait(url: httpx.URL) -> None:
    framed = [post(H2C, framing) + sent for framing, sent in BODIES.values()]
    requests = [GET + H2C + b"\r\n", *framed, GET + b"\r\n", *framed, GET + OFFERS["a websocket"] + b"\r\n", CLOSE]
    with connect(url) as connection:
        connection.sendall(b"".join(requests))
        answers = received(connection)
    assert (statuses(answers), missing(answers)) == ([200, 422, 422, 200, 422, 422, 200, 200], MISSING * 4)


def test_many_offers_at_once(url: httpx.URL) -> None:
    """As many as Python has levels of recursion, in as few bytes as a head may have."""
    short = b"GET /healthz HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    with connect(url) as connection:
        connection.sendall(short * 1000 + CLOSE)
        assert statuses(received(connection)) == [200] * 1001


def test_a_book_is_created(url: httpx.URL) -> None:
    created = exchange(url, post(H2C, b"Content-Length: %d\r\n" % len(body())) + body())
    assert created is not None
    assert created.status == 201
    httpx.delete(url.join(created.headers["Location"]))


def test_what_is_no_request_after_the_body_is_refused(url: httpx.URL) -> None:
    with connect(url) as connection:
        connection.sendall(post(H2C, b"Content-Length: 2\r\n") + b"{}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert statuses(received(connection))[-1] == 400


@pytest.mark.parametrize("chunks", [b"zz\r\n{", b"1\r\n{xx\r\n0\r\n\r\n"])
def test_chunks_that_are_malformed(url: httpx.URL, chunks: bytes) -> None:
    answer = exchange(url, post(H2C, b"Transfer-Encoding: chunked\r\n") + chunks)
    assert answer is not None
    assert (answer.status, answer.getheader("X-Request-ID")) == (400, None)
