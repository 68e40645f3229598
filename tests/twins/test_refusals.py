"""What a real cluster refuses: 422 where the request is too much for it, 503 where it can't answer, never 500."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from elasticsearch import Elasticsearch
from rich.console import Console

from loadtests.backend.launch import Launch
from loadtests.backend.loader import load_corpus
from loadtests.backend.node import Node
from loadtests.options import BackendOptions
from shared.books import INDEX
from tests.conftest import free_port
from tests.twins.conftest import CONTENDERS
from tests.twins.served import served
from tests.twins.test_equal import BOOK, KNOWN

READS = (
    "/api/books?q=the",
    f"/api/books/{KNOWN}",
    f"/api/books/{KNOWN}/similar",
    "/api/dashboard",
    "/readyz",
    "/?q=the",
)
DOCUMENT = f'{{ book(id: "{KNOWN}") {{ id similar {{ id }} }} books(query: "the") {{ total }} }}'
FOREIGN = {"properties": {"genre": {"type": "text"}, "year": {"type": "date"}}}
STRICT = {"dynamic": "strict", "properties": {"a": {"type": "text"}}}


@pytest.fixture
def backend(client: httpx.Client, elasticsearch_url: str) -> Iterator[Elasticsearch]:
    """The Elasticsearch behind the twins, which hold books."""
    assert client.get("/readyz").status_code == 200
    with Elasticsearch(elasticsearch_url) as backend:
        yield backend


def behind_the_alias(backend: Elasticsearch) -> str:
    [name] = backend.indices.get(index=INDEX)
    return name


@contextmanager
def closed(backend: Elasticsearch) -> Iterator[None]:
    name = behind_the_alias(backend)
    backend.indices.close(index=name)
    yield
    backend.indices.open(index=name)
    backend.cluster.health(index=name, wait_for_status="green")


@contextmanager
def two_indices(backend: Elasticsearch) -> Iterator[None]:
    backend.indices.create(index="a-second-one", mappings=FOREIGN, aliases={INDEX: {}})
    yield
    backend.indices.delete(index="a-second-one")


@contextmanager
def setting(backend: Elasticsearch, name: str, value: Any) -> Iterator[None]:
    index = behind_the_alias(backend)
    backend.indices.put_settings(index=index, settings={name: value})
    yield
    backend.indices.put_settings(index=index, settings={name: None})


@contextmanager
def cluster_setting(backend: Elasticsearch, name: str, value: Any) -> Iterator[None]:
    backend.cluster.put_settings(persistent={name: value})
    yield
    backend.cluster.put_settings(persistent={name: None})


@contextmanager
def instead(backend: Elasticsearch, mappings: dict[str, Any]) -> Iterator[None]:
    """A foreign index under the alias."""
    own = behind_the_alias(backend)
    backend.indices.create(index="foreign", mappings=mappings)
    backend.index(index="foreign", id=KNOWN, document={"a": "the"} if mappings is STRICT else {"genre": "the"})
    backend.indices.refresh(index="foreign")
    move(backend, own, "foreign")
    yield
    move(backend, "foreign", own)
    backend.indices.delete(index="foreign")


def move(backend: Elasticsearch, old: str, new: str) -> None:
    add, remove = ({"index": name, "alias": INDEX} for name in (new, old))
    backend.indices.update_aliases(actions=[{"remove": remove}, {"add": add}])


def statuses(client: httpx.Client) -> list[int]:
    return [client.get(path).status_code for path in READS]


def codes(client: httpx.Client, document: str = DOCUMENT, **variables: Any) -> set[str]:
    told = client.post("/graphql", json={"query": document, "variables": variables}).json()
    return {error["extensions"]["code"] for error in told.get("errors", ())}


def written(client: httpx.Client) -> list[int]:
    """The statuses of writes, which leave no book."""
    created = client.post("/api/books", json=BOOK | {"id": "refused"}).status_code
    replaced = client.put(f"/api/books/{KNOWN}", json=BOOK | {"year": 1}, headers={"If-Match": '"9-9"'}).status_code
    return [created, replaced, client.delete("/api/books/refused").status_code]


def test_a_closed_index(client: httpx.Client, backend: Elasticsearch) -> None:
    with closed(backend):
        assert statuses(client) == [503] * len(READS)
        assert codes(client) == {"UNAVAILABLE"}
        assert written(client) == [503] * 3


def test_an_alias_of_two_indices(client: httpx.Client, backend: Elasticsearch) -> None:
    """A search of both is answered from one of them, with status 200: that is no answer."""
    with two_indices(backend):
        assert client.get("/api/books").status_code == 503
        assert client.get("/readyz").status_code == 503
        assert client.get(f"/api/books/{KNOWN}").status_code == 503
        assert codes(client) == {"UNAVAILABLE"}
        assert written(client) == [503] * 3


@pytest.mark.parametrize("mappings", [FOREIGN, STRICT], ids=["dynamic", "strict"])
def test_a_foreign_index(client: httpx.Client, backend: Elasticsearch, mappings: dict[str, Any]) -> None:
    with instead(backend, mappings):
        answer = client.get("/api/books?q=the")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert "not made by this version" in answer.json()["detail"]
        assert statuses(client) == [503] * len(READS)
        assert codes(client) == {"UNAVAILABLE"}


@pytest.mark.parametrize("block", ["write", "read_only", "read_only_allow_delete"])
def test_an_index_that_takes_no_writes(client: httpx.Client, backend: Elasticsearch, block: str) -> None:
    with setting(backend, f"index.blocks.{block}", True):
        assert client.post("/api/books", json=BOOK | {"id": "refused"}).status_code == 503
        assert client.delete(f"/api/books/{KNOWN}").status_code == 503
        assert statuses(client) == [200] * len(READS)


def test_an_index_that_may_not_be_read(client: httpx.Client, backend: Elasticsearch) -> None:
    with setting(backend, "index.blocks.read", True):
        assert statuses(client) == [503] * len(READS)
        assert codes(client) == {"UNAVAILABLE"}


@pytest.mark.parametrize("breaker", ["request", "total"])
def test_a_circuit_breaker(client: httpx.Client, backend: Elasticsearch, breaker: str) -> None:
    with cluster_setting(backend, f"indices.breaker.{breaker}.limit", "1kb" if breaker == "request" else "1mb"):
        answers = [client.get("/api/books?q=the"), client.get("/api/dashboard")]
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
        (503, "Elasticsearch has too much to do at the moment.")
    }


def test_a_page_deeper_than_the_index_reaches(client: httpx.Client, backend: Elasticsearch) -> None:
    with setting(backend, "index.max_result_window", 20):
        assert client.get("/api/books?page=2").status_code == 200
        answer = client.get("/api/books?page=3")
        assert (answer.status_code, "narrow the search" in answer.json()["detail"]) == (422, True)
        assert client.get("/?page=3").status_code == 422
        assert codes(client, "{ books(page: 3) { total } }") == {"INVALID"}


def test_texts_longer_than_the_index_highlights(client: httpx.Client, backend: Elasticsearch) -> None:
    with setting(backend, "index.highlight.max_analyzed_offset", 10):
        assert client.get("/api/books?q=the").status_code == 503


@pytest.mark.robustness
def test_more_words_than_the_cluster_takes(tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster's limit falls as its search threads become more and its heap smaller, to 1,024 at the least."""
    monkeypatch.setattr(Launch, "_settings", with_search_threads(Launch._settings, 97))
    node = Node(home=tmp_path, port=free_port(), heap="512m")
    node.start(console)
    try:
        load_corpus(node.url, BackendOptions(books=10), console)
        with ExitStack() as stack:
            for twin in CONTENDERS:
                _, client = stack.enter_context(served(twin, LAB_ES_URL=node.url, LAB_ES_TIMEOUT_S="30"))
                assert client.get("/api/books", params={"q": ideographs(256)}).status_code == 200
                answer = client.get("/api/books", params={"q": ideographs(257)})
                assert (answer.status_code, "search for fewer" in answer.json()["detail"]) == (422, True)
                assert client.get("/", params={"q": ideographs(1000)}).status_code == 422
                document = "query ($q: String!) { books(query: $q) { total } }"
                assert codes(client, document, q=ideographs(257)) == {"INVALID"}
    finally:
        node.stop(console)


def ideographs(count: int) -> str:
    """So many words: each ideograph is one."""
    return "".join(chr(0x4E00 + number) for number in range(count))


def with_search_threads(settings: Callable[[Launch], dict[str, str]], count: int) -> Callable[[Launch], dict[str, str]]:
    def changed(launch: Launch) -> dict[str, str]:
        files = settings(launch)
        configuration = json.loads(files["elasticsearch.yml"]) | {"thread_pool.search.size": count}
        return files | {"elasticsearch.yml": json.dumps(configuration)}

    return changed
