"""Every contender answers as the twins do, answers every workload that it offers right, and ends when it is told to."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from rich.console import Console

from loadtests.backend.library import prepare
from loadtests.contenders import FILE, read
from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Response, fault
from loadtests.load.workloads import WORKLOADS, Action, Popularity, Visitor
from loadtests.servers import serving
from shared.settings import Twin
from tests.conftest import free_port
from tests.quotas import skip_unless_permitted
from tests.twins.recording import Recorder
from tests.twins.served import ROOT
from tests.twins.test_equal import SCENARIOS, Request, name_of, play
from tests.waiting import eventually

CONTENDERS = read(FILE)
NEED_PAGES = {"form"}
_BY_CODE = {
    (one.app, one.stack, one.worker_class, one.tls, *one.environment.items()): name
    for name, one in reversed(CONTENDERS.items())
}
"""The first contender of each code. Those that differ in sizes, cores and quotas alone run the same code."""
CODES = [name for name in CONTENDERS if name in _BY_CODE.values()]
OTHERS = [name for name in CODES if CONTENDERS[name].workloads is None and name not in ("sync", "async")]
APIS = [name for name, one in CONTENDERS.items() if set(one.workloads or ()) >= WORKLOADS.keys() - NEED_PAGES]
OFFERED = [(name, workload) for name, one in CONTENDERS.items() for workload in one.workloads or WORKLOADS]
ACTIONS = 12
HELPERS_END_WITHIN_S = 2
"""multiprocessing's own process, which several workers of uvicorn have, notices that its parent has ended."""
QUICK = ("flask3", "flask3-granian", "quart", "starlette", "fastapi")
"""A contender for each framework and each kind of server; `make test-robustness` takes all."""
A_FEW = 8
"""Scenarios for each of them."""
ON_WERKZEUG_3 = ("flask3", "quart")
"""The beginnings of the names of contenders on Werkzeug 3."""
NO_UTF_8 = [Request("GET", "/api/books?q=%FF%FE")]
"""Werkzeug 3 reads bytes that are no UTF-8 as their escapes, `%FF`; Werkzeug 2.2 replaces them (docs/contenders.md)."""

_LINE_FEEDS = ["GET /api/books%0A b''", "GET /api/dashboard%0A b''"]
_NO_OBJECT = [
    "POST /api/books b'[]'",
    "POST /api/books b'null'",
    "POST /api/books b'\"text\"'",
    "POST /graphql b'null'",
]
DIFFERENT: Mapping[tuple[str, str], tuple[int, str]] = {
    # Starlette's patterns end in $, which also matches before a last line feed.
    **{(name, scenario): (200, '"total') for name in ("starlette", "fastapi") for scenario in _LINE_FEEDS},
    # FastAPI validates bodies as pydantic validates attributes, and tells so where a value has none.
    **{("fastapi", scenario): (422, "dictionary or object to extract fields from") for scenario in _NO_OBJECT},
}
"""The scenarios that a contender's framework plays otherwise: the status and a part of the text that it answers."""


@pytest.fixture(scope="module")
def catalogue(recorder: Recorder) -> Catalogue:
    return prepare(recorder.url)


@pytest.fixture(scope="module")
def url(
    request: pytest.FixtureRequest, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory, console: Console
) -> Iterator[str]:
    """That of a contender, which the test names."""
    log = tmp_path_factory.mktemp("logs") / "server.log"
    contender = CONTENDERS[request.param]
    skip_unless_permitted(contender)
    contender.installation.make(console, contender.name)
    asked, access = recorder.asked_by(contender)
    with serving(contender, asked, log, access=access) as server:
        yield server.url


@pytest.mark.robustness
@pytest.mark.parametrize("url", OTHERS + APIS, indirect=True)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_another_contender_answers_and_asks_as_the_twins(
    scenario: list[Request], url: str, urls: dict[Twin, str], recorder: Recorder, request: pytest.FixtureRequest
) -> None:
    compare(scenario, request.node.callspec.params["url"], url, urls["sync"], recorder)


def compare(scenario: list[Request], name: str, url: str, twin_url: str, recorder: Recorder) -> None:
    """What a contender and the sync twin answer and ask: the same, but for the differences that are known."""
    seen, expected = play(scenario, url, recorder), play(scenario, twin_url, recorder)
    if CONTENDERS[name].environment.get("LAB_FAN_OUT") == "msearch":  # test_fan_out.py holds its calls
        seen, expected = ([answer for *answer, _ in played] for played in (seen, expected))
    if scenario == NO_UTF_8 and name.startswith(ON_WERKZEUG_3):
        assert seen != expected
        seen, expected = ([answer for *answer, _ in played] for played in (seen, expected))
    if different := DIFFERENT.get((name, name_of(scenario))):
        [(status, _, text, _)], part = seen, different[1]
        assert (status, part in text, part in expected[0][2]) == (different[0], True, False)
    else:
        assert seen == expected


@pytest.mark.parametrize("url", QUICK, indirect=True)
def test_contenders_of_other_frameworks_and_servers_answer_and_ask_as_the_twins(
    url: str, urls: dict[Twin, str], recorder: Recorder, request: pytest.FixtureRequest
) -> None:
    for scenario in SCENARIOS[:: len(SCENARIOS) // A_FEW]:
        compare(scenario, request.node.callspec.params["url"], url, urls["sync"], recorder)


@pytest.mark.robustness
@pytest.mark.parametrize("url", OTHERS, indirect=True)
@pytest.mark.parametrize("path", ["/", "/dashboard", "/books/nope"])
def test_another_contender_has_the_pages_too(path: str, url: str, urls: dict[Twin, str]) -> None:
    seen, expected = (httpx.get(base + path) for base in (url, urls["sync"]))
    assert (seen.status_code, seen.headers["Content-Type"]) == (expected.status_code, expected.headers["Content-Type"])


@pytest.mark.robustness
@pytest.mark.parametrize(("url", "workload"), OFFERED, indirect=["url"])
def test_every_contender_answers_every_workload_that_it_offers_right(
    workload: str, url: str, catalogue: Catalogue
) -> None:
    visitor = Visitor(catalogue, Popularity(catalogue), 0, workload, run="first")
    with httpx.Client(base_url=url) as client:
        found = [wrong for _ in range(ACTIONS) for wrong in faults(client, visitor.next_action())]
    assert found == [None] * max(ACTIONS, len(found))


def faults(client: httpx.Client, action: Action) -> Iterator[str | None]:
    """What is wrong with each answer to an action's requests."""
    with suppress(StopIteration):
        request = next(action)
        while True:
            response = client.request(request.method, request.path, json=request.body, headers=dict(request.headers))
            response_read = Response(response.status_code, response.headers, response.content)
            yield fault(response_read, request.check)
            request = action.send(response_read)


@pytest.mark.robustness
@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_starts_without_a_complaint_and_ends_whole(
    name: str, recorder: Recorder, tmp_path: Path, console: Console
) -> None:
    contender, port, log = CONTENDERS[name], str(free_port()), tmp_path / "server.log"
    contender.installation.make(console, contender.name)
    environ = os.environ | contender.environ(*recorder.asked_by(contender)) | {"LAB_PORT": port}
    with log.open("wb") as output, psutil.Popen(contender.command, cwd=ROOT, env=environ, stderr=output) as server:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            eventually(lambda: is_ready(client))
            complaints = [line for line in log.read_text().splitlines() if "twin: http" not in line]
            family = server.children(recursive=True)
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
        _, left = psutil.wait_procs(family, timeout=HELPERS_END_WITHIN_S)
    assert (complaints, left) == ([], [])


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
