"""The settings of the Elasticsearch client reach it, in both twins, and what it sends."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch
from elasticsearch.serializer import JsonSerializer, OrjsonSerializer

from async_app import client as async_client
from shared.settings import Settings, Twin
from sync_app import client as sync_client
from tests.twins.served import served
from tests.twins.test_equal import BOOK

WRITTEN = {"_seq_no": 0, "_primary_term": 1, "_id": "x"}
MEDIA_TYPES = [f"application/{kind}{form}" for kind in ("", "vnd.elasticsearch+") for form in ("json", "x-ndjson")]
NOWHERE = "http://127.0.0.1:9"
NODES: list[tuple[Twin, dict[str, str]]] = [("sync", {}), ("async", {}), ("async", {"LAB_ES_NODE": "httpx"})]


@dataclass
class Backend:
    """An Elasticsearch that stores any book, and keeps the head and the body of each request."""

    url: str
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def storing(*, compresses: bool) -> Iterator[Backend]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            backend.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            content = json.dumps(WRITTEN).encode()
            self.send_response(201)
            if compresses:
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Set-Cookie", "balancer=1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        backend = Backend(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield backend
        finally:
            server.shutdown()
            thread.join()


def stored_twice(twin: Twin, backend: Backend, settings: dict[str, str]) -> list[tuple[dict[str, str], bytes]]:
    """The requests that a twin stores a book with, on a connection that is kept."""
    with served(twin, LAB_ES_URL=backend.url, **settings) as (_, client):
        for _ in range(2):
            answer = client.post("/api/books", json=BOOK | {"id": "x", "rating": 1e-05})
            assert (answer.status_code, answer.json()["rating"]) == (201, 1e-05)
    return backend.received


@pytest.mark.parametrize(("twin", "settings"), NODES)
def test_a_client_sends_and_takes_what_is_compressed_if_it_is_told_to(twin: Twin, settings: dict[str, str]) -> None:
    with storing(compresses=True) as backend:
        received = stored_twice(twin, backend, settings | {"LAB_ES_COMPRESS": "1"})
    for headers, body in received:
        assert (headers["content-encoding"], headers["accept-encoding"]) == ("gzip", "gzip")
        assert json.loads(gzip.decompress(body))["title"] == BOOK["title"]


@pytest.mark.robustness
@pytest.mark.parametrize(("twin", "settings"), NODES)
def test_a_client_neither_asks_for_compression_nor_returns_cookies_nor_uses_a_proxy(
    twin: Twin, settings: dict[str, str]
) -> None:
    proxies = {"HTTP_PROXY": NOWHERE, "http_proxy": NOWHERE, "ALL_PROXY": NOWHERE}
    with storing(compresses=False) as backend:
        received = stored_twice(twin, backend, settings | proxies)
    names = {"host", "accept", "content-type", "content-length", "user-agent", "x-elastic-client-meta"}
    assert [headers.keys() - {"accept-encoding", "connection"} for headers, _ in received] == [names, names]
    assert {headers.get("accept-encoding", "identity") for headers, _ in received} == {"identity"}


@pytest.mark.robustness
@pytest.mark.parametrize(("twin", "settings"), NODES)
@pytest.mark.parametrize(("library", "rating"), [("standard", b"1e-05"), ("orjson", b"0.00001")])
def test_a_client_encodes_by_the_library_that_it_is_told(
    twin: Twin, settings: dict[str, str], library: str, rating: bytes
) -> None:
    with storing(compresses=False) as backend:
        received = stored_twice(twin, backend, settings | {"LAB_ES_JSON": library})
    assert [rating in body for _, body in received] == [True, True]


@pytest.mark.parametrize(("library", "kind"), [("standard", JsonSerializer), ("orjson", OrjsonSerializer)])
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_every_media_type_has_its_serializer(library: str, kind: type[JsonSerializer], media_type: str) -> None:
    clients: list[Elasticsearch | AsyncElasticsearch] = [
        sync_client.new_client(Settings.from_environ({"LAB_ES_JSON": library}, "sync")),
        async_client.new_client(Settings.from_environ({"LAB_ES_JSON": library}, "async")),
    ]
    for one in clients:
        serializer = one.transport.serializers.get_serializer(media_type)
        assert isinstance(serializer, kind)
        assert isinstance(serializer, OrjsonSerializer) == (library == "orjson")
