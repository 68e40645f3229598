"""A path is a route's exactly or nobody's: none is redirected from, and no response names the host a client claims."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse

import httpx
import pytest

import sync_app.app
from shared.pages import is_page
from shared.settings import Settings, Twin
from tests.twins.served import exchange
from tests.twins.test_equal import BOOK, KNOWN
from tests.twins.test_pages import FORM, token

EVIL = "evil.example"
CLAIMS = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Original-URL": f"http://{EVIL}/",
    "Forwarded": f"host={EVIL};proto=https",
}

ODD: dict[str, Callable[[str], str]] = {
    "doubled at the start": lambda path: f"/{path}",
    "tripled at the start": lambda path: f"//{path}",
    "doubled everywhere": lambda path: path.replace("/", "//"),
    "doubled before the last name": lambda path: "//".join(path.rsplit("/", 1)),
    "doubled at the end": lambda path: f"{path}//",
    "encoded and doubled at the start": lambda path: f"/%2F{path[1:]}",
    "encoded and doubled within": lambda path: "/%2f".join(path.rsplit("/", 1)),
    "encoded, both of two": lambda path: "%2F%2F".join(path.rsplit("/", 1)) if path.rfind("/") else f"/%2F{path}",
    "a dot": lambda path: f"/.{path}",
    "an encoded dot": lambda path: f"/%2E{path}",
    "two dots": lambda path: f"/x/..{path}",
    "a slash and a dot at the end": lambda path: f"{path}/./",
    "an absolute target with a doubled slash": lambda path: f"http://{EVIL}/{path}",
}
EXACT: dict[str, Callable[[str], str]] = {
    "a question mark alone": lambda path: f"{path}?",
    "a fragment": lambda path: f"{path}#part",
    "an absolute target": lambda path: f"http://{EVIL}{path}",
    "an absolute target with a user": lambda path: f"https://user:word@{EVIL}:80{path}",
}


def routes() -> list[tuple[str, str]]:
    """The twins' routes, each with a method. Books are read by a known id and written by an unknown one."""
    rules = sync_app.app.create_app(Settings.from_environ({}, "sync")).url_map.iter_rules()
    return sorted(
        (method, rule.rule.replace("<book_id>", KNOWN if method == "GET" else "nope").replace("<path:filename>", "x"))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


ROUTES = routes()


def send(url: str, method: str, target: str, **headers: str) -> HTTPResponse:
    """The response to a request whose target is sent as it is."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in (CLAIMS | headers).items())
    response = exchange(httpx.URL(url), f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode("latin-1"))
    assert response is not None
    return response


def outcome(response: HTTPResponse) -> tuple[int, str | None, str | None]:
    return response.status, response.getheader("Content-Type"), response.getheader("Location")


def names_host(response: HTTPResponse) -> bool:
    return EVIL in str(response.headers) or EVIL.encode() in response.body  # type: ignore[attr-defined]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_path_is_nobodys(urls: dict[Twin, str], twin: Twin, odd: Callable[[str], str]) -> None:
    answers = {(method, path): send(urls[twin], method, odd(path)) for method, path in ROUTES}
    page, problem = "text/html; charset=utf-8", "application/problem+json"
    expected = {(method, path): (404, page if is_page(path) else problem, None) for method, path in ROUTES}
    assert {route: outcome(response) for route, response in answers.items()} == expected
    assert [route for route, response in answers.items() if names_host(response)] == []


@pytest.mark.parametrize("path", ["/api/books/", f"/api/books/{KNOWN}/", "/healthz/", "/graphql/", "/api/books%2F"])
def test_a_trailing_slash_is_no_part_of_a_route(urls: dict[Twin, str], twin: Twin, path: str) -> None:
    assert outcome(send(urls[twin], "GET", path)) == (404, "application/problem+json", None)


def test_what_stands_beside_the_path_changes_nothing(urls: dict[Twin, str], twin: Twin) -> None:
    for path in (path for method, path in ROUTES if method == "GET"):
        plain = outcome(send(urls[twin], "GET", path))
        answers = {name: send(urls[twin], "GET", exact(path)) for name, exact in EXACT.items()}
        assert {name: outcome(response) for name, response in answers.items()} == dict.fromkeys(EXACT, plain)
        assert [name for name, response in answers.items() if names_host(response)] == []


HOSTS = ["", "a..b", f"user:word@{EVIL}", f"{EVIL}:99999", f"{EVIL}:x", "x" * 80, "[::1", "[::1]", "\xe4", "a/b", "a b"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_of_any_form_decides_nothing(urls: dict[Twin, str], twin: Twin, host: str) -> None:
    for path, status in (("/healthz", 200), ("/api//books", 404), ("/new", 200), ("//", 404)):
        response = send(urls[twin], "GET", path, Host=host)
        assert (outcome(response)[::2], names_host(response)) == ((status, None), False)


def test_locations_are_paths(client: httpx.Client) -> None:
    created = client.post("/api/books", json=BOOK, headers=CLAIMS)
    assert created.headers["Location"] == f"/api/books/{created.json()['id']}"
    client.delete(created.headers["Location"])
    shown = client.post("/new", data=FORM | {"csrf_token": token(client.get("/new"))}, headers=CLAIMS)
    assert shown.status_code == 303
    assert shown.headers["Location"].startswith("/books/")
    client.delete(f"/api{shown.headers['Location']}")
