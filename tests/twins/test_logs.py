"""What a twin logs: a line for each problem, nothing for a success, and nothing that is secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx

from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.served import served

SECRET = "s3cret"


def problems(client: httpx.Client) -> None:
    """Requests some of them, and successes between them."""
    headers = {"X-Request-ID": "my-id", "Authorization": SECRET, "Cookie": SECRET}
    for request_line, content in (
        ("GET /healthz", b""),
        (f"GET /nowhere?token={SECRET}", b""),
        ("POST /api/books", f'{{"title": "{SECRET}"}}'.encode()),
        ("GET /api/books/x", b""),
    ):
        method, path = request_line.split()
        client.request(method, path, content=content, headers=headers | {"Content-Type": "application/json"})


def logged(name: str, log: Path, **variables: str) -> list[str]:
    url = f"http://elastic:{SECRET}@127.0.0.1:{free_port()}"
    with log.open("wb") as stderr, served(name, stderr, LAB_ES_URL=url, **variables) as (_, client):
        problems(client)
    return [line for line in log.read_text().splitlines() if not line.startswith(f"{name} twin: ")]


def line(level: str, message: str, method: str, path: str, status: int, **cause: str) -> dict[str, Any]:
    told = {"level": level, "message": message, "request_id": "my-id"}
    return told | {"method": method, "path": path, "status": status} | cause


LINES = [
    line("INFO", "Not Found", "GET", "/nowhere", 404),
    line("INFO", "Unprocessable Entity", "POST", "/api/books", 422, cause="ValidationError"),
    line("WARNING", "Service Unavailable", "GET", "/api/books/x", 503, cause="ConnectionError"),
]


def test_a_json_line_for_each_problem_and_nothing_secret(twin: Twin, tmp_path: Path) -> None:
    texts = logged(twin, tmp_path / "log", LAB_LOG="json")
    assert SECRET not in "\n".join(texts)
    lines = [json.loads(text) for text in texts]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time")) for line in lines)
    assert lines == LINES


def test_a_text_line_for_each_problem_and_nothing_secret(twin: Twin, tmp_path: Path) -> None:
    lines = logged(twin, tmp_path / "log")
    assert SECRET not in "\n".join(lines)
    assert [re.sub(r"^\S+ ", "", text) for text in lines] == [
        'INFO Not Found request_id="my-id" method="GET" path="/nowhere" status=404',
        'INFO Unprocessable Entity request_id="my-id" method="POST" path="/api/books" status=422'
        ' cause="ValidationError"',
        'WARNING Service Unavailable request_id="my-id" method="GET" path="/api/books/x" status=503'
        ' cause="ConnectionError"',
    ]
