"""Both twins over real HTTP, before a real Elasticsearch with a few hundred books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from loadtests.backend.certificate import certificate as certificate_for_loopback
from loadtests.backend.loader import load_corpus
from loadtests.contenders import Contender, named
from loadtests.options import BackendOptions
from loadtests.servers import serving
from shared.books import INDEX
from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.recording import Recorder, recording

CONTENDERS: dict[Twin, Contender] = {"sync": named("sync"), "async": named("async")}
BOOKS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share servers stay in one test process: those that use `urls`, and else those of a file."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            shared = "urls" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("twins" if shared else item.path.stem))


@pytest.fixture(scope="session")
def recorder(elasticsearch_url: str, console: Console, certificate: Path) -> Iterator[Recorder]:
    load_corpus(elasticsearch_url, BackendOptions(books=BOOKS), console)
    with recording(elasticsearch_url, free_port(), free_port(), certificate) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def urls(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Twin, str]]:
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:
        yield {
            twin: stack.enter_context(serving(contender, recorder.url, logs / f"{twin}.log")).url
            for twin, contender in CONTENDERS.items()
        }


@pytest.fixture(params=CONTENDERS)
def twin(request: pytest.FixtureRequest) -> Twin:
    name: Twin = request.param
    return name


@pytest.fixture
def client(twin: Twin, urls: dict[Twin, str], elasticsearch_url: str) -> Iterator[httpx.Client]:
    """A client of one twin; what other tests wrote and removed is no longer seen by searches."""
    httpx.post(f"{elasticsearch_url}/{INDEX}/_refresh").raise_for_status()
    with httpx.Client(base_url=urls[twin]) as client:
        yield client


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, with its key beside it."""
    return certificate_for_loopback(tmp_path_factory.mktemp("certificate"))
