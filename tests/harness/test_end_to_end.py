"""Both twins on a real Elasticsearch, measured and compared as `make bench` does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from rich.console import Console

from loadtests.backend import Backend, library, replay
from loadtests.backend.library import prepare
from loadtests.backend.loader import load_corpus
from loadtests.backend.node import Node
from loadtests.backend.replay.rehearsal import rehearse
from loadtests.comparison import bench as comparison
from loadtests.comparison.bench import Task
from loadtests.comparison.figures import Side
from loadtests.contenders import Contender, named
from loadtests.errors import LabError
from loadtests.load.catalogue import LOAD_TEST_TAG
from loadtests.load.delay import Delay
from loadtests.load.workloads import KNOWN_REQUESTS
from loadtests.options import BackendOptions, CompareOptions, PairedOptions
from loadtests.single.compare import compare
from loadtests.single.run import bench
from loadtests.targets import Target
from shared.books import INDEX
from tests.harness.conftest import SHORT

pytestmark = pytest.mark.xdist_group("twins")
"""Beside the twins' own tests, which need the same Elasticsearch."""

ENDPOINTS = {"search", "get", "all"}
"""So frequent in the mix that the shortest run has some."""


@pytest.fixture(scope="module")
def backend(elasticsearch: Node, console: Console) -> Backend:
    loaded = load_corpus(elasticsearch.url, BackendOptions(books=300), console)
    mode, version = "embedded", "8.17.10"
    return Backend(elasticsearch.url, mode, version, elasticsearch.pid, loaded.documents, loaded.corpus_sha256)


@pytest.fixture
def client(backend: Backend) -> Iterator[Elasticsearch]:
    with Elasticsearch(backend.url) as client:
        yield client


def test_both_twins_are_measured_and_compared(backend: Backend, tmp_path: Path, console: Console) -> None:
    runs = [bench(named(name), SHORT, backend, console, tmp_path) for name in ("sync", "async")]
    for run in runs:
        assert {summary.endpoint for summary in run.summary} >= ENDPOINTS
        assert run.total.failures == 0
    # By force, because someone may be working on the code meanwhile.
    options = CompareOptions(a=tmp_path / "latest-sync", b=tmp_path / "latest-async", force=True)
    compared = compare(options, console, tmp_path)
    assert [line for line in compared.unlike if not line.startswith("code.")] == []
    assert {path.name for path in tmp_path.iterdir()} == {
        *(run.folder for run in runs), compared.folder, "latest-sync", "latest-async", "latest-compare",
    }  # fmt: skip


@pytest.mark.robustness
def test_a_pair_of_the_twins_is_compared(backend: Backend, tmp_path: Path, console: Console) -> None:
    options = PairedOptions.from_environ({"PROFILE": "peak", "PAIRS": "1", "QUICK": "1", "USERS": "8", "BUSY": "1"})
    twins: dict[Side, Contender | Target] = {"a": named("sync"), "b": named("async")}
    task = Task(twins, options, backend, prepare(backend.url), "compare", options.command("bench"))
    result = comparison.compare(task, console, tmp_path, None)
    assert {path.name for path in tmp_path.iterdir()} == {result.folder, "latest-compare"}
    assert [(one.contender, one.slots) for one in result.predictions] == [("sync", 16), ("async", 100)]
    assert {(block.contender, block.failures, block.dropped) for block in result.blocks} == {
        ("sync", 0, 0), ("async", 0, 0),
    }  # fmt: skip
    assert {row.endpoint for row in result.endpoints} >= ENDPOINTS
    assert all(None not in (row.queue_ms, row.app_ms, row.es_ms) for row in result.endpoints)
    assert {one.metric for one in result.decisions if one.endpoint == "all"} == {
        "correct_answers_per_s", "cpu_ms_per_correct_answer", "peak_pss_bytes", "failed_share",
    }  # fmt: skip


@pytest.fixture
def replayed(backend: Backend, tmp_path: Path) -> Iterator[Backend]:
    """The same one, replayed with 2 ms."""
    home = tmp_path / "home"
    started = replay.start(backend.url, None, None, Delay(2), Console(stderr=True), home)
    yield replace(backend, replay=started, delay=Delay(2))
    replay.stop(Console(stderr=True), home)


@pytest.mark.robustness
@pytest.mark.parametrize("workload", ["reads", "graphql"])
def test_the_twins_and_other_arms_are_compared_on_a_replayed_backend(
    replayed: Backend, tmp_path: Path, console: Console, workload: str
) -> None:
    """Every request is known: one that was not would end the run."""
    options = PairedOptions.from_environ(
        {"PROFILE": "peak", "PAIRS": "1", "QUICK": "1", "USERS": "8", "BUSY": "1", "WORKLOAD": workload}
    )
    sides: dict[Side, Contender | Target] = {"a": named("sync-gevent"), "b": named("async")}
    task = Task(sides, options, replayed, prepare(replayed.url), "compare", options.command("bench"))
    result = comparison.compare(task, console, tmp_path / "results", None)
    assert {(block.failures, block.dropped) for block in result.blocks} == {(0, 0)}
    assert {name: result.conditions["backend"][name] for name in ("mode", "replays", "delay_ms")} == {
        "mode": "replay", "replays": "embedded", "delay_ms": "2",
    }  # fmt: skip
    assert result.conditions["workload"]["known_requests"] == KNOWN_REQUESTS
    assert result.replay == "replay, 2 ms"
    page = (tmp_path / "results" / result.folder / "report.html").read_text()
    assert f"workload {workload} · replay, 2 ms" in page
    assert "Replay: no Elasticsearch responded." in page


@pytest.mark.robustness
def test_a_single_run_is_replayed_too(replayed: Backend, tmp_path: Path, console: Console) -> None:
    search = SHORT.model_copy(update={"workload": "search"})
    run = bench(named("sync"), search, replayed, console, tmp_path / "results")
    assert (run.total.failures, run.conditions["backend"]["mode"]) == (0, "replay")


@pytest.mark.robustness
def test_what_was_not_recorded_ends_a_run_without_a_result(
    replayed: Backend, tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator has the known requests of another workload than the rehearsal."""
    monkeypatch.setattr(
        "loadtests.backend.rehearse",
        lambda recording, cast, catalogue, _, shown: rehearse(recording, cast, catalogue, "get", shown),
    )
    options = PairedOptions.from_environ(
        {"PROFILE": "peak", "PAIRS": "1", "QUICK": "1", "USERS": "4", "BUSY": "1", "WORKLOAD": "search"}
    )
    twins: dict[Side, Contender | Target] = {"a": named("sync"), "b": named("async")}
    task = Task(twins, options, replayed, prepare(replayed.url), "compare", options.command("bench"))
    with pytest.raises(LabError, match=r"the replayed backend refused \d+ requests, first POST .*_search"):
        comparison.compare(task, console, tmp_path / "results", None)
    assert not [*(tmp_path / "results").glob("*-compare")]


def test_a_load_test_removes_its_own_books_and_no_others(client: Elasticsearch) -> None:
    books = client.count(index=INDEX)["count"]
    template = client.search(index=INDEX, size=1)["hits"]["hits"][0]["_source"]
    client.index(index=INDEX, id="left-over", document=template | {"tags": [LOAD_TEST_TAG]}, refresh=True)
    assert library.remove_leftovers(client) == 1
    assert client.count(index=INDEX)["count"] == books
    assert library.remove_leftovers(client) == 0


def test_the_catalogue_is_the_same_each_time_and_knows_what_is_there(backend: Backend, client: Elasticsearch) -> None:
    catalogue = prepare(backend.url)
    assert catalogue == prepare(backend.url)
    assert len(catalogue.books) == client.count(index=INDEX)["count"]
    book = catalogue.books[0]
    source = client.get(index=INDEX, id=book.id)["_source"]
    assert (book.title, book.genre, book.year) == (source["title"], source["genre"], source["year"])
    assert all(word in source["summary"].lower() for word in book.words)


def test_a_smaller_catalogue_begins_as_a_larger_one(client: Elasticsearch) -> None:
    small, large = library.sample(client, 10), library.sample(client, 50)
    assert [book.id for book in small.books] == [book.id for book in large.books[:10]]
