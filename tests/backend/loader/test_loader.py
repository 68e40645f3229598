"""The loader against a real node: nothing is half-loaded, reloaded or taken from others. Each test has an alias."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from rich.console import Console

from loadtests.backend.corpora import SeededCorpus
from loadtests.backend.corpus import MAPPING, books, corpus_sha256
from loadtests.backend.loader import LoadedCorpus, load_corpus
from loadtests.errors import LabError
from loadtests.options import BackendOptions
from shared import text

FIVE_BOOKS = BackendOptions.from_environ({"BOOKS": "5"})
SIX_BOOKS = BackendOptions.from_environ({"BOOKS": "6"})


Load = Callable[[BackendOptions], LoadedCorpus]
Book = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def client(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_url) as client:
        yield client


@pytest.fixture
def alias(client: Elasticsearch) -> Iterator[str]:
    name = f"books-{uuid.uuid4().hex}"
    yield name
    for index in client.indices.get(index=f"{name}*"):
        client.indices.delete(index=index)


@pytest.fixture
def load(elasticsearch_url: str, alias: str) -> Load:
    return lambda options: load_corpus(elasticsearch_url, options, Console(quiet=True), index=alias)


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[Book]], None]:
    """Makes the corpus stream these books, whatever size it claims."""
    return lambda given: monkeypatch.setattr(SeededCorpus, "books", lambda _: iter(given))


def indices(client: Elasticsearch, alias: str) -> set[str]:
    return set(client.indices.get(index=f"{alias}*"))


def stored(client: Elasticsearch, alias: str) -> list[dict[str, Any]]:
    hits = client.search(index=alias, size=100)["hits"]["hits"]
    return sorted(({"id": hit["_id"]} | hit["_source"] for hit in hits), key=lambda book: book["id"])


def mark(alias: str) -> dict[str, Any]:
    return MAPPING | {
        "_meta": MAPPING["_meta"] | {"twinlab": {"alias": alias, "documents": 9, "corpus_sha256": "other"}}
    }


def test_the_books_stand_behind_the_alias(client: Elasticsearch, alias: str, load: Load) -> None:
    assert load(FIVE_BOOKS) == LoadedCorpus(5, corpus_sha256(5))
    assert stored(client, alias) == list(books(5))


def test_the_filled_index_is_an_ordinary_one(client: Elasticsearch, alias: str, load: Load) -> None:
    load(FIVE_BOOKS)
    [(name, index)] = client.indices.get(index=alias).items()
    assert index["aliases"] == {alias: {}}
    assert index["mappings"].pop("_meta") == {
        "normal_form": text.VERSION,
        "twinlab": {"alias": alias, "documents": 5, "corpus_sha256": corpus_sha256(5)},
    }
    assert index["mappings"] == {name: part for name, part in MAPPING.items() if name != "_meta"}
    assert "refresh_interval" not in index["settings"]["index"]
    assert name.startswith(f"{alias}-")


def test_the_same_books_are_not_loaded_again(client: Elasticsearch, alias: str, load: Load) -> None:
    load(FIVE_BOOKS)
    before = indices(client, alias)
    client.delete(index=alias, id="book-0000002", refresh=True)
    assert load(FIVE_BOOKS) == LoadedCorpus(5, corpus_sha256(5))
    assert indices(client, alias) == before
    assert client.count(index=alias)["count"] == 4


def test_other_books_take_their_place(client: Elasticsearch, alias: str, load: Load) -> None:
    load(SIX_BOOKS)
    load(FIVE_BOOKS)
    assert len(indices(client, alias)) == 1
    assert stored(client, alias) == list(books(5))


def test_an_index_of_an_older_mapping_is_made_anew(
    client: Elasticsearch, alias: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setitem(MAPPING["_meta"], "normal_form", text.VERSION - 1)
        load(FIVE_BOOKS)
    before = indices(client, alias)
    load(FIVE_BOOKS)
    [(name, index)] = client.indices.get(index=alias).items()
    assert index["mappings"]["_meta"]["normal_form"] == text.VERSION
    assert {name} == indices(client, alias) != before


def test_own_books_are_loaded(client: Elasticsearch, alias: str, load: Load, tmp_path: Path) -> None:
    file = tmp_path / "own.ndjson"
    file.write_text("".join(json.dumps(book) + "\n" for book in books(3)))
    own = BackendOptions.from_environ({"CORPUS": str(file)})
    assert load(own) == load(own)
    assert stored(client, alias) == list(books(3))


def test_bad_own_books_leave_the_old_ones(client: Elasticsearch, alias: str, load: Load, tmp_path: Path) -> None:
    load(FIVE_BOOKS)
    before = indices(client, alias)
    file = tmp_path / "own.ndjson"
    file.write_text(json.dumps(next(books(1))) + "\n{}\n")
    with pytest.raises(LabError, match="line 2: "):
        load(BackendOptions.from_environ({"CORPUS": str(file)}))
    assert indices(client, alias) == before


def test_only_marked_leftovers_are_removed(client: Elasticsearch, alias: str, load: Load) -> None:
    client.indices.create(index=f"{alias}-half", mappings=mark(alias))
    client.indices.create(index=f"{alias}-theirs", mappings=MAPPING)
    client.indices.create(index=f"{alias}-other", mappings=mark("another-alias"))
    load(FIVE_BOOKS)
    [behind] = client.indices.get(index=alias)
    assert indices(client, alias) == {behind, f"{alias}-theirs", f"{alias}-other"}


@pytest.mark.parametrize("mappings", [MAPPING, MAPPING | {"_meta": {"twinlab": "a note"}}])
@pytest.mark.parametrize("suffix", ["", "-theirs"])
def test_what_is_not_ours_is_left_alone(
    client: Elasticsearch, alias: str, load: Load, mappings: dict[str, Any], suffix: str
) -> None:
    aliases: dict[str, Any] = {alias: {}} if suffix else {}
    client.indices.create(index=alias + suffix, mappings=mappings, aliases=aliases)
    client.index(index=alias, id="theirs", document={"title": "Theirs"}, refresh=True)
    with pytest.raises(LabError, match="was not made by twinlab, which leaves it alone"):
        load(FIVE_BOOKS)
    assert stored(client, alias) == [{"id": "theirs", "title": "Theirs"}]
    assert indices(client, alias) == {alias + suffix}


def test_a_refused_book_is_named_and_the_old_ones_stay(
    client: Elasticsearch, alias: str, load: Load, stream: Callable[[Iterable[Book]], None]
) -> None:
    load(FIVE_BOOKS)
    before = indices(client, alias)
    stream([("good", {"title": "A"}), ("bad", {"pages": 3})])
    with pytest.raises(
        LabError, match=r"book bad was refused.* introduction of \[pages\] within \[_doc\] is not allowed"
    ):
        load(SIX_BOOKS)
    assert indices(client, alias) == before


def test_missing_books_are_noticed_and_the_old_ones_stay(
    client: Elasticsearch, alias: str, load: Load, stream: Callable[[Iterable[Book]], None]
) -> None:
    load(FIVE_BOOKS)
    before = indices(client, alias)
    stream([("only", {"title": "A"})])
    with pytest.raises(LabError, match="6 books were sent, but 1 arrived"):
        load(SIX_BOOKS)
    assert indices(client, alias) == before


def test_books_that_change_while_they_are_loaded_are_noticed(
    client: Elasticsearch, alias: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities = iter(["one", "two"])
    monkeypatch.setattr(SeededCorpus, "sha256", lambda _: next(identities))
    with pytest.raises(LabError, match="changed while it was loaded"):
        load(FIVE_BOOKS)
    assert indices(client, alias) == set()


def test_an_index_deleted_meanwhile_does_not_come_back(
    client: Elasticsearch, alias: str, load: Load, stream: Callable[[Iterable[Book]], None]
) -> None:
    def delete_then_go_on() -> Iterator[Book]:
        for name in indices(client, alias):
            client.indices.delete(index=name)
        yield "late", {"title": "A"}

    stream(delete_then_go_on())
    with pytest.raises(LabError, match=r"book late was refused.*no such index .* is not an alias"):
        load(FIVE_BOOKS)
    assert indices(client, alias) == set()


def test_ctrl_c_stops_at_once_and_leaves_nothing(client: Elasticsearch, alias: str, elasticsearch_url: str) -> None:
    code = f"load_corpus({elasticsearch_url!r}, BackendOptions.from_environ(os.environ), Console(), index={alias!r})"
    imports = "import os; from loadtests.backend.loader import load_corpus, BackendOptions, Console; "
    loading = subprocess.Popen(
        [sys.executable, "-c", imports + code], env=os.environ | {"BOOKS": "10000000"}, stderr=subprocess.PIPE
    )
    wait_until(lambda: len(indices(client, alias)) == 1)
    loading.send_signal(signal.SIGINT)
    _, errors = loading.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert indices(client, alias) == set()


def test_an_unreachable_node_is_an_error() -> None:
    with pytest.raises(LabError, match="the books could not be loaded"):
        load_corpus("http://127.0.0.1:9", FIVE_BOOKS, Console(quiet=True))


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_told(elasticsearch_url: str, alias: str, terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    load_corpus(elasticsearch_url, FIVE_BOOKS, console, index=alias)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    assert "loading 5 books" in told
    assert "loaded 5 books in " in told
    assert ("100%" in told) is terminal


def wait_until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
