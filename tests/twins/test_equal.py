"""Both twins respond alike, and send Elasticsearch the same requests: the same ones are sent to both over real HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest

from shared.settings import Twin
from tests.twins.recording import RecordedCall, Recorder

JSON = {"Content-Type": "application/json"}
BOOK: dict[str, Any] = {
    "title": "The Twins",
    "author": "A. Writer",
    "genre": "essay",
    "year": 1999,
    "rating": 4.5,
    "summary": "Two services do the same job.",
    "tags": ["pair"],
}
KNOWN = "book-0000001"
SERVERS_OWN = {"date", "server", "connection", "keep-alive", "transfer-encoding"}


class Request(NamedTuple):
    """A request; `{etag}` in a header stands for the ETag of the response before it."""

    method: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    content: bytes = b""


def body(**changes: Any) -> bytes:
    return json.dumps(BOOK | changes).encode()


def searches() -> list[list[Request]]:
    queries = (
        "", "?q=the", "?q=harbour&genre=mystery", "?q=the&sort=year&size=3", "?sort=rating&page=2", "?sort=title",
        "?year_from=1950&year_to=2000&size=100", "?author=Nobody", "?q=%22%5B%7B*%3F~%5E%3A%2F%5C",
        "?q=%F0%9F%93%9A+%E6%9C%AC",
        "?q=%FF%FE", "?q=%00", "?q=" + "word+" * 200, "?q=" + "x" * 10_240, "?q=%20", "?size=0", "?size=101", "?page=0",
        "?page=101&size=100", "?page=x", "?sort=price", "?year_from=2000&year_to=1999", "?colour=red", "?q=a&q=b",
    )  # fmt: skip
    return [[Request("GET", f"/api/books{query}")] for query in queries]


def reads() -> list[list[Request]]:
    paths = (
        "/api/books/nope", "/api/books/%F0%9F%93%9A", "/api/books/%00", "/api/books/" + "x" * 600, "/api/books/a%2Fb",
        f"/api/books/{KNOWN}/similar", f"/api/books/{KNOWN}/similar?size=3", f"/api/books/{KNOWN}/similar?size=0",
        "/api/books/nope/similar", "/api/dashboard", "/healthz", "/readyz", "/api/nowhere", "/api/books/",
    )  # fmt: skip
    conditional = [
        [Request("GET", f"/api/books/{KNOWN}"), Request("GET", f"/api/books/{KNOWN}", {"If-None-Match": tag})]
        for tag in ("{etag}", "W/{etag}", '"other", {etag}', "*", '"other"')
    ]
    other_methods = [
        [Request(method, path)]
        for method, path in (
            ("HEAD", f"/api/books/{KNOWN}"), ("OPTIONS", "/api/books"), ("POST", "/api/dashboard"),
            ("PATCH", "/api/books/x"),            ("HEAD", "/api/books/nope"), ("DELETE", "/healthz"),
        )
    ]  # fmt: skip
    return [[Request("GET", path)] for path in paths] + conditional + other_methods


def writes() -> list[list[Request]]:
    """Each leaves the index as it was."""
    path = "/api/books/own"
    create, delete = Request("POST", "/api/books", JSON, body(id="own")), Request("DELETE", path)
    current = JSON | {"If-Match": "{etag}"}
    return [
        [
            create,
            Request("GET", path),
            Request("PUT", path, current, body(year=2000)),
            Request("GET", path),
            delete,
            delete,
        ],
        [create, create, delete],
        [
            create,
            Request("PUT", path, JSON, body()),
            Request("PUT", path, JSON | {"If-Match": '"0-0"'}, body()),
            delete,
        ],
        [
            create,
            Request("PUT", path, JSON | {"If-Match": "*"}, body(year=1)),
            Request("DELETE", path, {"If-Match": "{etag}"}),
        ],
        [
            create,
            Request("DELETE", path, {"If-Match": '"0-0"'}),
            Request("DELETE", path, {"If-Match": "W/{etag}"}),
            delete,
        ],
        [create, Request("PUT", path, JSON | {"If-Match": '"0-0", {etag}'}, body(tags=[])), delete],
        [
            Request("PUT", "/api/books/none", JSON | {"If-Match": "*"}, body()),
            Request("PUT", "/api/books/none", JSON, body()),
        ],
        [Request("DELETE", "/api/books/%00"), Request("PUT", "/api/books/%00", JSON | {"If-Match": "*"}, body())],
    ]


def bad_bodies() -> list[list[Request]]:
    bodies = (
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"title": NaN}', b'{"title": "a", "title": "b"}',
        b"[" * 100_000,
        b"1" * 5000, body(title=""), body(title="  "), body(title=7), body(title="x" * 301), body(year="1999"),
        body(year=10**400), body(rating=5.01), body(rating=True), body(colour="red"), body(tags="pair"),
        body(tags=[""]),         body(id="a/b"), body(id=""), body(title="\ud800"), body(summary=None),
        b'{"\\ud800": 1}', b'{"rating": 1e999}',
    )  # fmt: skip
    media_types: tuple[dict[str, str], ...] = (
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    too_large = b" " * (1024 * 1024 + 1)
    return (
        [[Request("POST", "/api/books", JSON, content)] for content in bodies]
        + [[Request("POST", "/api/books", headers, body())] for headers in media_types]
        + [
            [Request("PUT", f"/api/books/{KNOWN}", JSON | {"If-Match": "*"}, b"{}")],
            [Request("POST", "/api/books", JSON, too_large)],
        ]
    )


def graphql() -> list[list[Request]]:
    """Each leaves the index as it was."""
    create = "mutation ($book: NewBookInput!) { createBook(book: $book) { id title author { name } } }"
    documents: tuple[dict[str, Any], ...] = (
        {"query": f'{{ book(id: "{KNOWN}") {{ title similar {{ id }} author {{ name books(size: 2) {{ id }} }} }} }}'},
        {"query": '{ books(query: "the", size: 3) { total items { highlight { title } } facets { genre { value } } }}'},
        {"query": "{ dashboard { totals { averageRating } ratings { value count } newest { id rating } } }"},
        {"query": '{ book(id: "nope") { title } books(size: 101) { total } }'},
        {"query": "{ nothing }"}, {"query": "{"}, {"query": ""}, {}, {"query": "{ __typename }", "colour": "red"},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "query A { __typename } query B { __typename }", "operationName": "B"},
        {"query": 'mutation { deleteBook(id: "own", version: "0-0") }'},
    )  # fmt: skip
    asked = [[post(document)] for document in documents]
    return [
        *asked,
        [post({"query": create, "variables": {"book": BOOK | {"id": "own"}}}), Request("DELETE", "/api/books/own")],
        *([Request(method, "/graphql")] for method in ("GET", "OPTIONS", "POST")),
        *([Request("GET", path)] for path in ("/graphql/", "/graphql/schema", "/openapi.json")),
        [Request("POST", "/graphql", JSON, b"null")],
    ]


def post(document: dict[str, Any]) -> Request:
    return Request("POST", "/graphql", JSON, json.dumps(document).encode())


def paths() -> list[list[Request]]:
    """Doubled and other slashes, escapes, and methods that a path does not know."""
    unknown = (
        "/api//books", "/api/books%0A", "/api/books//similar", f"/api/books/{KNOWN}//similar", f"/api/books/{KNOWN}/",
        "/api//dashboard", "/api/%2Fdashboard", "/api/dashboard%0A", "/api/dashboard%2F", "/api/Books",
        "/api/books/%FF",
    )  # fmt: skip
    methods = [
        [Request(method, path)]
        for method in ("HEAD", "OPTIONS", "POST", "TRACE")
        for path in (f"/api/books/{KNOWN}", f"/api/books/{KNOWN}/similar", "/openapi.json", "/api/nowhere")
    ]
    return [[Request("GET", path)] for path in unknown] + methods


def request_ids() -> list[list[Request]]:
    return [[Request("GET", "/healthz", {"X-Request-ID": text})] for text in ("abc-1", "a b", "x" * 65, "<script>", "")]


SCENARIOS = searches() + reads() + writes() + bad_bodies() + graphql() + paths() + request_ids()


def name_of(scenario: list[Request]) -> str:
    return " ".join(f"{request.method} {request.path[:40]} {request.content[:20]!r}" for request in scenario[:3])


def play(scenario: list[Request], url: str, recorder: Recorder) -> list[Any]:
    """What a client saw and the requests that Elasticsearch got, one by one, freed from versions and random ids.

    Searches see what earlier tests wrote and removed.
    """
    seen = []
    etag = ""
    httpx.post(f"{recorder.url}/_refresh").raise_for_status()
    recorder.take()
    with httpx.Client(base_url=url) as client:
        for request in scenario:
            headers = {name: value.replace("{etag}", etag) for name, value in request.headers.items()}
            answer = client.request(request.method, request.path, headers=headers, content=request.content)
            etag = answer.headers.get("ETag", etag)
            seen.append(
                (
                    answer.status_code,
                    compared_headers(answer),
                    answer.text,
                    [normalised(call) for call in recorder.take()],
                )
            )
    return seen


def compared_headers(answer: httpx.Response) -> dict[str, str]:
    headers = {name: value for name, value in answer.headers.items() if name not in SERVERS_OWN}
    headers["server-timing"] = re.sub(r"dur=[0-9.]+", "dur=#", headers["server-timing"])
    headers["x-request-id"] = re.sub(r"^[0-9a-f]{32}$", "#", headers["x-request-id"])
    if "allow" in headers:  # a list without an order (RFC 9110, 10.2.1); Werkzeug's changes from process to process
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    return headers | ({"etag": "#"} if "etag" in headers else {})


def normalised(call: RecordedCall) -> RecordedCall:
    return call._replace(path=re.sub(r"(if_seq_no|if_primary_term)=\d+", r"\1=#", call.path))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_both_twins_do_the_same(scenario: list[Request], urls: dict[Twin, str], recorder: Recorder) -> None:
    assert play(scenario, urls["async"], recorder) == play(scenario, urls["sync"], recorder)
