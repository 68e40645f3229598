"""What the servers answer by themselves, before the application sees a request: measured, and printed in the README."""

from __future__ import annotations

from typing import NamedTuple

from shared.headers import MAX_FIELD_BYTES, MAX_FIELDS, MAX_HEAD_BYTES

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
POST = b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


class Refusal(NamedTuple):
    """Requests of a kind, and what each server makes of them: a status in its own words, or whose else it is."""

    case: str
    requests: tuple[bytes, ...]
    gunicorn: str
    uvicorn: str


REFUSALS = (
    Refusal("no HTTP/1 at all", (b"\x16\x03\x01\x02\x00\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "400", "400"),
    Refusal("a request line without a path", (b"GET HTTP/1.1\r\n\r\n", b"GET healthz HTTP/1.1\r\n\r\n"), "400", "400"),
    Refusal(
        "an absolute target without a path",
        (
            b"GET http://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"GET http://x?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ),
        "the application's 404",
        "400",
    ),
    Refusal(
        "`*` as the target of another method than OPTIONS",
        (b"GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",),
        "400",
        "the application's 404",
    ),
    Refusal(
        "a request line beyond ASCII, or with a space too many",
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", b"GET /heal thz HTTP/1.1\r\n\r\n"),
        "400",
        "400",
    ),
    Refusal("`HTTP/9.9`", (b"GET / HTTP/9.9\r\n\r\n",), "400", "400"),
    Refusal("`HTTP/1.2`", (b"GET /healthz HTTP/1.2\r\nConnection: close\r\n\r\n",), "the application's 200", "400"),
    Refusal("a request line without a version", (b"GET /healthz\r\n\r\n",), "400", "the application's 200"),
    Refusal("blank lines before a request", (b"\r\n\r\n" + GET + b"\r\n",), "400", "the application's 200"),
    Refusal("`get` in small letters", (b"get / HTTP/1.1\r\n\r\n",), "400", "400"),
    Refusal(
        "a method of no standard",
        (b"BREW /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",),
        "the application's 405",
        "400",
    ),
    Refusal("`CONNECT`", (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",), "the application's 404", "400"),
    Refusal(
        "a header with no name or colon, a space before the colon, a control character, or a second line",
        (
            GET + b"A b\r\n\r\n",
            GET + b": b\r\n\r\n",
            GET + b"A : b\r\n\r\n",
            GET + b"A: \x00\r\n\r\n",
            GET + b"A: b\r\n c\r\n\r\n",
        ),
        "400",
        "400",
    ),
    Refusal("two `Host`", (GET + b"Host: y\r\n\r\n",), "400", "the application's 200"),
    Refusal("`Expect: tea`", (GET + b"Expect: tea\r\n\r\n",), "417", "the application's 200"),
    Refusal(
        f"more than {MAX_FIELDS} headers, or one of more than {MAX_FIELD_BYTES} bytes",
        (
            GET + b"A: b\r\n" * MAX_FIELDS + b"\r\n",
            GET + b"A: " + b"b" * MAX_FIELD_BYTES * 2 + b"\r\n\r\n",
            GET + b"A" * MAX_FIELD_BYTES * 2 + b": b\r\n\r\n",
        ),
        "431",
        "431",
    ),
    Refusal(
        f"a head of more than {MAX_HEAD_BYTES // 1024} KiB",
        (b"GET /" + b"x" * MAX_HEAD_BYTES * 4, GET + b"A: " + b"x" * MAX_HEAD_BYTES * 32),
        "431",
        "431",
    ),
    Refusal(
        "a head that does not end within `LAB_CLIENT_TIMEOUT_S`",
        (b"", b"G", b"GET /healthz HTTP/1.1\r\n", GET + b"A"),
        "closed",
        "closed",
    ),
    Refusal(
        "lengths that are two, negative or no number",
        tuple(
            POST + lengths + b"\r\n\r\n{"
            for lengths in (
                b"Content-Length: 1\r\nContent-Length: 2",
                b"Content-Length: 1, 1",
                b"Content-Length: -1",
                b"Content-Length: x",
                b"Content-Length: +1",
            )
        ),
        "400",
        "400",
    ),
    Refusal(
        "a length of 30 digits", (POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",), "the application's 413", "400"
    ),
    Refusal("a length and chunks", (POST + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n",), "400", "400"),
    Refusal(
        "chunks that are malformed",
        (POST + CHUNKED + b"zz\r\n{", POST + CHUNKED + b"1\r\n{xx\r\n0\r\n\r\n"),
        "400",
        "400",
    ),
    Refusal(
        "a chunk whose length has 20 digits", (POST + CHUNKED + b"f" * 20 + b"\r\n{",), "the application's 408", "400"
    ),
    Refusal("another transfer coding than chunks", (POST + b"Transfer-Encoding: gzip\r\n\r\n",), "400", "400"),
    Refusal(
        "another transfer coding beneath chunks",
        (POST + b"Transfer-Encoding: tea, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",),
        "501",
        "the application's 400",
    ),
)
