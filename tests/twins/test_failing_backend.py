"""Elasticsearch slow, cut off, talking rubbish, or killed under load: answers are bounded, and nothing is lost."""

from __future__ import annotations

import itertools
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import psutil
import pytest
from rich.console import Console

from loadtests.backend.loader import load_corpus
from loadtests.backend.node import Node
from loadtests.backend.toxiproxy import Proxy, proxying
from loadtests.options import BackendOptions
from shared.settings import Twin
from tests.backend.support import http_server, send
from tests.conftest import free_port
from tests.twins.conftest import CONTENDERS
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_equal import BOOK, KNOWN
from tests.waiting import eventually

pytestmark = pytest.mark.robustness

THREADS = 4
IMPATIENT = {"LAB_ES_TIMEOUT_S": "1.5", "LAB_ES_CONNECT_TIMEOUT_S": "1.5", "LAB_THREADS": str(THREADS)}


@pytest.fixture(scope="module")
def proxy(recorder: Recorder, elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Before an Elasticsearch that `recorder` has had seeded."""
    assert recorder.url
    with proxying(elasticsearch_url, tmp_path_factory.mktemp("proxy") / "toxiproxy.log") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def clients(proxy: Proxy) -> Iterator[dict[Twin, httpx.Client]]:
    with ExitStack() as stack:
        yield {twin: stack.enter_context(served(twin, LAB_ES_URL=proxy.url, **IMPATIENT))[1] for twin in CONTENDERS}


@pytest.fixture
def client(clients: dict[Twin, httpx.Client], twin: Twin) -> httpx.Client:
    return clients[twin]


def statuses(client: httpx.Client, path: str) -> set[int]:
    """Of several requests at once, more than the sync twin has threads."""
    with ThreadPoolExecutor(THREADS * 2) as pool:
        return {answer.status_code for answer in pool.map(client.get, [path] * THREADS * 2)}


TOXICS = {
    "silent": ("timeout", {"timeout": 0}, 504),
    "late": ("latency", {"latency": 6_000}, 504),
    "in drops": ("bandwidth", {"rate": 1}, 504),
    "reset": ("reset_peer", {"timeout": 0}, 503),
    "cut in the headers": ("limit_data", {"bytes": 20}, 503),
    "cut in the body": ("limit_data", {"bytes": 300}, 503),
}


@pytest.mark.parametrize(("kind", "attributes", "status"), TOXICS.values(), ids=TOXICS)
def test_a_poisoned_way_to_elasticsearch(
    client: httpx.Client, proxy: Proxy, kind: str, attributes: dict[str, int], status: int
) -> None:
    eventually(lambda: client.get("/api/books?size=100").status_code == 200)
    proxy.poison(kind, **attributes)
    try:
        assert statuses(client, "/api/books?size=100") == {status}
        assert client.get("/healthz").status_code == 200
    finally:
        proxy.reset()
    eventually(lambda: statuses(client, "/api/books?size=100") == {200})


def test_a_way_that_is_barred(client: httpx.Client, proxy: Proxy) -> None:
    proxy.disable()
    try:
        answer = client.get(f"/api/books/{KNOWN}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    finally:
        proxy.reset()
    eventually(lambda: client.get(f"/api/books/{KNOWN}").status_code == 200)


def test_a_write_whose_answer_is_lost_can_be_repeated(client: httpx.Client, proxy: Proxy, twin: Twin) -> None:
    """It is not acknowledged, and done all the same: the conflict says so."""
    book = BOOK | {"id": f"lost-{twin}"}
    proxy.poison("limit_data", bytes=20)
    try:
        assert client.post("/api/books", json=book).status_code == 503
    finally:
        proxy.reset()
    assert client.post("/api/books", json=book).status_code == 409
    assert client.delete(f"/api/books/lost-{twin}").status_code == 204


ELASTIC = {"X_Elastic_Product": "Elasticsearch", "Content_Type": "application/json"}
RUBBISH: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "too-many-requests": (429, b'{"error": {"type": "es_rejected_execution_exception"}, "status": 429}', ELASTIC),
    "an-error-of-its-own": (500, b'{"error": "secret-node-7"}', ELASTIC),
    "a-bad-gateway": (502, b"<html>secret-node-7</html>", {"Content_Type": "text/html"}),
    "no-json": (200, b'{"_id": "x", "_so', ELASTIC),
    "another-media-type": (200, b"hello", ELASTIC | {"Content_Type": "text/plain"}),
    "no-elasticsearch": (200, b"{}", {"Content_Type": "application/json"}),
}
"""What is said of the book of each id."""


@pytest.fixture(scope="module")
def before_rubbish() -> Iterator[list[httpx.Client]]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        status, body, headers = RUBBISH[handler.path.rpartition("/")[2]]
        send(handler, status, body, **headers)

    with http_server(answer) as url, ExitStack() as stack:
        yield [stack.enter_context(served(twin, LAB_ES_URL=url))[1] for twin in CONTENDERS]


@pytest.mark.parametrize("name", RUBBISH)
def test_an_elasticsearch_that_talks_rubbish(before_rubbish: list[httpx.Client], name: str) -> None:
    answers = [client.get(f"/api/books/{name}") for client in before_rubbish]
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(503, "1")] * 2
    assert answers[0].content == answers[1].content
    assert b"secret" not in answers[0].content


def test_elasticsearch_killed_under_load(twin: Twin, tmp_path: Path, console: Console) -> None:
    """Every write that was acknowledged, before, during and after, is there when it has returned."""
    node = Node(home=tmp_path, port=free_port(), heap="512m")
    node.start(console)
    try:
        load_corpus(node.url, BackendOptions(books=10), console)
        with served(twin, LAB_ES_URL=node.url, LAB_ES_TIMEOUT_S="2") as (_, client):
            load = Load(client)
            with load:
                eventually(lambda: load.acknowledged(20))
                kill(node)
                eventually(lambda: load.refused)
                assert client.get("/healthz").status_code == 200
                node.start(console)
                count = len(load.written)
                eventually(lambda: load.acknowledged(count + 20))
            assert set(load.refused) <= {503, 504}
            assert [book for book in load.written if client.get(f"/api/books/{book}").status_code != 200] == []
    finally:
        node.stop(console)


def kill(node: Node) -> None:
    assert node.pid is not None
    process = psutil.Process(node.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()


class Load:
    """Threads that go on writing books while the block lasts."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(THREADS)]
        self.written: list[str] = []
        self.refused: list[int] = []

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def acknowledged(self, count: int) -> bool:
        return len(self.written) >= count

    def _write(self) -> None:
        while not self._ended.is_set():
            book = f"load-{next(self._numbers)}"
            answer = self._client.post("/api/books", json=BOOK | {"id": book})
            if answer.status_code == 201:
                self.written.append(book)
            else:
                self.refused.append(answer.status_code)
                self._ended.wait(0.05)
