"""Every contender is served, answers every workload right, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from rich.console import Console

from loadtests.backend.loader import seed
from loadtests.bench import prepare
from loadtests.catalogue import Catalogue
from loadtests.checks import Answer, fault
from loadtests.contenders import FILE, Contender, read
from loadtests.errors import LabError
from loadtests.options import BackendOptions
from loadtests.paths import PROJECT
from loadtests.servers import free_port, serving
from loadtests.workloads import WORKLOADS, Ask, Popularity, Visitor
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("twins")
"""Beside the twins' own tests, which need the same Elasticsearch."""

ACTIONS = 12
CONTENDERS = read(FILE)


@pytest.fixture(scope="module")
def catalogue(elasticsearch_url: str, console: Console) -> Catalogue:
    seed(elasticsearch_url, BackendOptions(books=300), console)
    return prepare(elasticsearch_url)


@pytest.fixture(scope="module", params=CONTENDERS)
def served(
    request: pytest.FixtureRequest,
    catalogue: Catalogue,
    elasticsearch_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("logs") / "server.log"
    with (
        serving(CONTENDERS[request.param], elasticsearch_url, log) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        yield client
    assert log.read_text().splitlines() == [f"{request.param.partition('-')[0]} twin: {server.url}"]


def ask(client: httpx.Client, asked: Ask) -> Answer:
    response = client.request(asked.method, asked.path, json=asked.body, headers=dict(asked.headers))
    return Answer(response.status_code, response.headers, response.content)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_contender_answers_every_workload_right(
    workload: str, served: httpx.Client, catalogue: Catalogue
) -> None:
    visitor = Visitor(catalogue, Popularity(catalogue), 0, workload)
    faults = []
    for _ in range(ACTIONS):
        action = visitor.next_action()
        with suppress(StopIteration):
            asked = next(action)
            while True:
                answer = ask(served, asked)
                faults.append(fault(answer, asked.check))
                asked = action.send(answer)
    assert faults == [None] * len(faults)
