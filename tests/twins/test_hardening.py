"""Clients that are slow, endless, greedy or wrong: proper answers in both twins, and no thread that is stuck."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPResponse

import httpx
import pytest

from shared.bodies import MAX_BYTES
from shared.headers import MAX_FIELDS, MAX_HEAD_BYTES
from shared.settings import Twin
from tests.twins.conftest import CONTENDERS
from tests.twins.served import connect, exchange, served
from tests.twins.server_refusals import CHUNKED, POST, REFUSALS, Refusal
from tests.waiting import eventually

pytestmark = pytest.mark.robustness

THREADS = 2
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def impatient() -> Iterator[dict[Twin, httpx.URL]]:
    """Both twins with little patience, and with so few threads that a stuck one would show."""
    settings = {"LAB_CLIENT_TIMEOUT_S": "1", "LAB_THREADS": str(THREADS), "LAB_ES_URL": "http://127.0.0.1:9"}
    with ExitStack() as stack:
        yield {twin: stack.enter_context(served(twin, **settings))[1].base_url for twin in CONTENDERS}


@pytest.fixture
def url(twin: Twin, impatient: dict[Twin, httpx.URL]) -> httpx.URL:
    return impatient[twin]


def told(answer: HTTPResponse | None) -> tuple[int, str | None, str | None] | None:
    """Status, connection and media type of an answer, None for a connection that was closed without one."""
    return None if answer is None else (answer.status, answer.getheader("Connection"), answer.getheader("Content-Type"))


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "begun",
    [
        b"Content-Length: 9\r\n\r\n",
        b"Content-Length: 9\r\n\r\n{",
        CHUNKED,
        CHUNKED + b"9\r\n{",
        CHUNKED + b"1\r\n{\r\n",
    ],
)
def test_a_body_that_never_ends_is_408(url: httpx.URL, begun: bytes) -> None:
    assert told(exchange(url, POST + begun)) == (408, "close", PROBLEM)


def test_drops_of_a_body_do_not_win_time(url: httpx.URL) -> None:
    with connect(url) as connection:
        connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n")
        connection.settimeout(0.1)
        answer = eventually(lambda: one_drop(connection))
    assert answer.startswith(b"HTTP/1.1 408 ")


def one_drop(connection: object) -> bytes:
    connection.sendall(b" ")  # type: ignore[attr-defined]
    try:
        answer: bytes = connection.recv(65536)  # type: ignore[attr-defined]
    except TimeoutError:
        return b""
    return answer


def test_slow_clients_do_not_keep_others_waiting_for_ever(url: httpx.URL) -> None:
    """More of them than there are threads."""
    with ExitStack() as stack:
        for begun in (b"", b"GET / HTTP/1.1\r\n", POST + b"Content-Length: 9\r\n\r\n{") * THREADS * 2:
            stack.enter_context(connect(url)).sendall(begun)
        assert httpx.get(url.join("/healthz"), timeout=30).status_code == 200


def test_a_client_that_does_not_take_its_answers_is_dropped(url: httpx.URL) -> None:
    with connect(url) as connection:
        with suppress(ConnectionError):  # or what is sent last is thrown away before the connection ends
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000_000)
        assert httpx.get(url.join("/healthz"), timeout=30).status_code == 200


TOO_LARGE = {
    "declared": b"Content-Length: %d\r\n\r\n" % (MAX_BYTES + 1),
    "declared, and going on": b"Content-Length: 20000000\r\n\r\n" + bytes(20_000_000),
    "declared, awaiting leave": b"Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n",
    "in chunks": CHUNKED + b"%x\r\n" % (MAX_BYTES + 1) + bytes(MAX_BYTES + 1),
    "in chunks, and going on": CHUNKED + b"%x\r\n" % 20_000_000 + bytes(20_000_000),
}


@pytest.mark.parametrize("body", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_that_is_too_large_is_413_before_its_end(url: httpx.URL, body: bytes) -> None:
    answer = exchange(url, POST + body)
    assert told(answer) == (413, "close", PROBLEM)
    assert answer is not None
    assert json.loads(answer.body)["detail"] == f"A body may have {MAX_BYTES} bytes at most."  # type: ignore[attr-defined]


def test_many_small_requests_at_once_are_no_long_head(url: httpx.URL) -> None:
    """The last of them comes in two parts."""
    request_bytes = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    count = 2 * MAX_HEAD_BYTES // len(request_bytes)
    with connect(url) as connection:
        connection.sendall(request_bytes * count + request_bytes[:-2])
        connection.sendall(request_bytes[-2:] + LAST)
        answers = b"".join(iter(lambda: connection.recv(2**16), b""))
    assert answers.count(b"HTTP/1.1 200 ") == count + 2


def test_as_many_headers_as_are_allowed(url: httpx.URL) -> None:
    fields = b"".join(b"A%d: %s\r\n" % (n, b"b" * 400) for n in range(MAX_FIELDS - 1))
    answer = exchange(url, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + fields + b"\r\n")
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize(
    ("refusal", "request_bytes"),
    [
        pytest.param(refusal, request, id=f"{refusal.case}-{number}")
        for refusal in REFUSALS
        for number, request in enumerate(refusal.requests)
    ],
)
def test_what_a_server_answers_by_itself(twin: Twin, url: httpx.URL, refusal: Refusal, request_bytes: bytes) -> None:
    expected = {"sync": refusal.gunicorn, "async": refusal.uvicorn}[twin]
    assert whose(exchange(url, request_bytes)) == expected


def whose(answer: HTTPResponse | None) -> str:
    """An answer as the table of refusals has it; what a server refuses by itself ends its connection."""
    if answer is None:
        return "closed"
    if answer.getheader("X-Request-ID"):
        return f"the application's {answer.status}"
    assert answer.getheader("Connection") == "close"
    return str(answer.status)


WRONG: dict[str, tuple[str, str, dict[str, str], bytes, int]] = {
    "an id of 600 bytes": ("GET", "/api/books/" + "x" * 600, {}, b"", 404),
    "an id of any text": ("GET", "/api/books/%F0%9F%93%9A%00%FF%0A", {}, b"", 404),
    "a method": ("PATCH", "/api/books/x", {}, b"", 405),
    "a media type": ("POST", "/api/books", {"Content-Type": "text/xml"}, b"<a/>", 415),
    "no media type": ("POST", "/api/books", {}, b"{}", 415),
    "deep JSON": ("POST", "/api/books", {"Content-Type": "application/json"}, b"[" * 500_000, 400),
    "a huge number": (
        "POST",
        "/api/books",
        {"Content-Type": "application/json"},
        b'{"year": ' + b"9" * 9000 + b"}",
        400,
    ),
    "a huge exponent": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"rating": 1e999}', 422),
    "NaN": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"rating": NaN}', 400),
    "a lone surrogate": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"title": "\\ud800"}', 422),
    "a lone surrogate as a name": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"\\ud800": 1}', 422),
    "a name twice": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"a": 1, "a": 2}', 400),
    "no UTF-8": ("POST", "/api/books", {"Content-Type": "application/json"}, b'{"title": "\xff"}', 400),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_alike(impatient: dict[Twin, httpx.URL], name: str) -> None:
    method, path, headers, body, status = WRONG[name]
    answers = [httpx.request(method, url.join(path), headers=headers, content=body) for url in impatient.values()]
    assert [(answer.status_code, answer.headers["Content-Type"]) for answer in answers] == [(status, PROBLEM)] * 2
    assert answers[0].content == answers[1].content
