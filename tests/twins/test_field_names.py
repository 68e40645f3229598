"""Headers whose names WSGI can't tell from others' are dropped, and no header passes for what a server sets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.twins.test_equal import BOOK


@pytest.fixture
def own(client: httpx.Client) -> Iterator[httpx.Response]:
    created = client.post("/api/books", json=BOOK)
    yield created
    client.delete(created.headers["Location"])


@pytest.mark.parametrize(
    "name", ["If_Match", "if_match", "IF_MATCH", "If.Match", "If~Match", "If_-Match", "HTTP_If_Match"]
)
def test_no_other_name_is_if_match(client: httpx.Client, own: httpx.Response, name: str) -> None:
    path, etag = own.headers["Location"], own.headers["ETag"]
    assert client.put(path, json=BOOK, headers={name: "*"}).status_code == 428
    assert client.delete(path, headers={name: '"9-9"', "If-Match": etag}).status_code == 204


def test_no_other_name_is_if_none_match(client: httpx.Client, own: httpx.Response) -> None:
    etag = own.headers["ETag"]
    path = own.headers["Location"]
    assert client.get(path, headers={"If_None_Match": etag}).status_code == 200
    assert client.get(path, headers={"If_None-Match": etag}).status_code == 200
    assert client.get(path, headers={"If-None-Match": etag, "If_None_Match": "x"}).status_code == 304


@pytest.mark.parametrize("name", ["Content_Type", "CONTENT_TYPE", "HTTP_CONTENT_TYPE"])
def test_no_other_name_is_content_type(client: httpx.Client, name: str) -> None:
    request = client.build_request("POST", "/api/books", content=b"{}", headers={name: "application/json"})
    assert client.send(request).status_code == 415


@pytest.mark.parametrize("name", ["Content_Length", "Transfer_Encoding", "HTTP_CONTENT_LENGTH"])
def test_no_other_name_is_the_length(client: httpx.Client, name: str) -> None:
    headers = {"Content-Type": "application/json", name: "3"}
    assert client.post("/api/books", content=json.dumps({"title": "T"}).encode(), headers=headers).status_code == 422


def test_no_other_name_is_the_requests_id(client: httpx.Client) -> None:
    def told(*headers: tuple[str, str]) -> str:
        return client.get("/healthz", headers=list(headers)).headers["X-Request-ID"]

    assert told(("X_Request_ID", "under")) != "under"
    assert told(("X_Request_ID", "under"), ("X-Request-ID", "dash")) == "dash"
    assert told(("X-Request-ID", "dash"), ("X-Request_ID", "under")) == "dash"


@pytest.mark.parametrize("name", ["Cookie_", "X_CSRFToken", "X_Forwarded_Proto", "Host_", "X_HTTP_Method_Override"])
def test_others_are_dropped_too(client: httpx.Client, name: str) -> None:
    assert client.get("/new", headers={name: "x"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"SCRIPT_NAME": "/out"},
        {"Script-Name": "/out"},
        {"PATH_INFO": "/new"},
        {"REMOTE_USER": "root", "REMOTE_ADDR": "10.0.0.1"},
        {"REQUEST_METHOD": "DELETE"},
        {"wsgi.url_scheme": "https"},
        {"QUERY_STRING": "size=0"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Protocol": "http"},
        {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on"},
        {"X-Forwarded-Protocol": "ssl", "X-Forwarded-Ssl": "off"},
        {"X-Forwarded-Proto": "nonsense", "X-Forwarded-For": "nonsense, [::"},
        {"X-Forwarded-Prefix": "/out", "X-Script-Name": "/out", "X-Original-URL": "/new", "X-Rewrite-URL": "/new"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Forwarded": "for=1.2.3.4;proto=https;host=evil.example"},
        {"Proxy": "http://evil.example"},
    ],
    ids=str,
)
def test_headers_that_servers_interpret_change_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    plain, claimed = (client.get("/api/books?size=1", headers=h) for h in ({}, headers))
    assert (claimed.status_code, claimed.json()) == (plain.status_code, plain.json()) == (200, plain.json())
    page = client.get("/new", headers=headers)
    assert (page.status_code, 'action="/new"' in page.text or "/out" not in page.text) == (200, True)
