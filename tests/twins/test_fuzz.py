"""Both twins answer whatever comes alike, and never with a fault of their own: requests that Hypothesis makes up.

`make fuzz` tries more of them than the tests do, always others.
"""

from __future__ import annotations

import os
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.pages import is_page
from shared.settings import Twin
from tests.twins.test_equal import BOOK, KNOWN, Request, body, compared_headers

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
IS_LONG = "FUZZ_EXAMPLES" in os.environ

texts = st.text(max_size=40)
field_values = st.text(st.sampled_from(string.printable[:95] + "éÿ"), max_size=40).map(str.strip)
tags = st.sampled_from(['"0-1"', "*", "W/*", '"', '"a", W/"b"', ",", ""]) | field_values
ids = st.sampled_from(["fuzz", "none", "a.b", "~", "x" * 129]) | texts.map(lambda text: "fuzz-" + quote(text, safe=""))
own_paths = st.sampled_from(["/api/books", "/api/dashboard", "/healthz", "/readyz", "/", "/api"])
paths = own_paths | ids.map("/api/books/{}".format) | ids.map("/api/books/{}/similar".format) | texts.map(quote)
names = st.sampled_from(["q", "genre", "author", "year_from", "year_to", "sort", "page", "size"]) | texts
values = st.sampled_from(["relevance", "year", "title", "1", "0", "-1", "100", "1e3", "٣", " 7 ", "10000"]) | texts
queries = st.lists(st.tuples(names, values), max_size=4).map(urlencode)
headers = st.fixed_dictionaries(
    {},
    optional={
        "If-Match": tags,
        "If-None-Match": tags,
        "Content-Type": st.sampled_from(["application/json", "application/json; charset=latin-1", "text/plain", "/"]),
        "X-Request-ID": field_values,
        "Cookie": field_values,
        "Accept": field_values,
        "Range": st.sampled_from(["bytes=0-1", "x"]),
    },
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
json_values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=6)
drafts = st.dictionaries(st.sampled_from(list(BOOK)), json_values, max_size=2).map(lambda changes: body(**changes))
contents = st.just(b"") | st.binary(max_size=40) | drafts

reads = st.builds(
    lambda method, path, query, headers: Request(method, f"{path}?{query}", headers),
    st.sampled_from(["GET", "HEAD", "OPTIONS"]),
    paths | st.just(f"/api/books/{KNOWN}"),
    queries,
    headers,
)
writes = st.builds(Request, st.sampled_from(["POST", "PUT", "DELETE", "PATCH"]), paths, headers, contents)


@pytest.fixture(scope="module")
def both(urls: dict[Twin, str]) -> Iterator[list[httpx.Client]]:
    clients = [httpx.Client(base_url=url, timeout=30) for url in urls.values()]
    yield clients
    for client in clients:
        client.close()


@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_LONG,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(drawn=reads | writes)
def test_whatever_comes_is_answered_alike(both: list[httpx.Client], drawn: Request) -> None:
    ours, theirs = [seen(client, drawn) for client in both]
    assert ours == theirs
    assert ours[0] < 500


def seen(client: httpx.Client, drawn: Request) -> tuple[int, dict[str, str], Any]:
    """What a twin answers; a book that it stored is deleted again, and its random id left out."""
    sent = {name.encode(): value.encode("latin-1") for name, value in drawn.headers.items()}
    answer = client.request(drawn.method, "/" + drawn.path.lstrip("/"), headers=sent, content=drawn.content)
    if is_page(answer.url.path):  # where each twin names itself
        return answer.status_code, {"content-type": answer.headers.get("Content-Type", "")}, None
    if answer.status_code != 201:
        return answer.status_code, compared_headers(answer), answer.content
    client.delete(answer.headers["Location"]).raise_for_status()
    stored = {name: value for name, value in answer.json().items() if name != "id"}
    return (
        201,
        {name: value for name, value in compared_headers(answer).items() if name not in ("location", "content-length")},
        stored,
    )
