"""The messages in which an answer goes to the ASGI server: no more of them than it takes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aioflask import Response, request

from async_app import asgi

LIMIT_BYTES = 10
CLOSED = "closed"
"""Stands among the messages where the response was closed."""

VIEWS: dict[str, Any] = {
    "/text": lambda: Response("text"),
    "/nothing": lambda: Response(status=204),
    "/empty": lambda: Response(""),
    "/same": lambda: Response(status=304),
    "/pieces": lambda: Response(iter(["a", "", "b", ""]), headers={"Content-Length": "2"}),
    "/endless": lambda: Response(iter(["a", "b"])),
}


def messages(method: str, path: str, body_bytes: int = 0) -> list[Any]:
    """What the server is sent for a request: each status, each piece of a body and whether more follows."""
    sent: list[Any] = []
    app = asgi.Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LIMIT_BYTES
    for rule, view in VIEWS.items():
        app.add_url_rule(rule, rule, lambda view=view: closing(view(), sent))
    app.add_url_rule("/read", "read", lambda: request.get_data(), methods=["POST"])

    async def receive() -> asgi.Message:
        return {"type": "http.request", "body": bytes(body_bytes), "more_body": False}

    async def send(message: asgi.Message) -> None:
        sent.append(message.get("status") or (message["body"], message["more_body"]))

    headers = [(b"content-length", b"%d" % body_bytes)]
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": b""}
    asyncio.run(app.asgi_app(scope | {"headers": headers}, receive, send))
    return sent


def closing(response: Response, sent: list[Any]) -> Response:
    response.call_on_close(lambda: sent.append(CLOSED))
    return response


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET /text", [200, (b"text", False), CLOSED]),
        ("HEAD /text", [200, (b"", False), CLOSED]),
        ("GET /nothing", [204, (b"", False), CLOSED]),
        ("GET /empty", [200, (b"", False), CLOSED]),
        ("GET /same", [304, (b"", False), CLOSED]),
        ("GET /pieces", [200, (b"a", True), (b"b", False), CLOSED]),
        ("GET /endless", [200, (b"a", True), (b"b", True), (b"", False), CLOSED]),
    ],
)
def test_an_answer(request_line: str, expected: list[Any]) -> None:
    method, path = request_line.split()
    assert messages(method, path) == expected


def test_an_answer_to_what_is_still_sent_does_not_end_before_that() -> None:
    status, (_, more), *rest = messages("POST", "/read", LIMIT_BYTES + 1)
    assert (status, more, rest) == (413, True, [(b"", True), (b"", False)])
