"""Every contender answers as the twins do, answers every workload that it offers right, and ends when it is told to."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.backend.library import prepare
from loadtests.contenders import FILE, read
from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Response, fault
from loadtests.load.workloads import WORKLOADS, Action, Popularity, Visitor
from loadtests.servers import serving
from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.recording import Recorder
from tests.twins.served import ROOT
from tests.twins.test_equal import SCENARIOS, Request, name_of, play
from tests.waiting import eventually

CONTENDERS = read(FILE)
OTHERS = [name for name, one in CONTENDERS.items() if one.workloads is None and name not in ("sync", "async")]
OFFERED = [(name, workload) for name, one in CONTENDERS.items() for workload in one.workloads or WORKLOADS]
ACTIONS = 12


@pytest.fixture(scope="module")
def catalogue(recorder: Recorder) -> Catalogue:
    return prepare(recorder.url)


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """That of a contender, which the test names."""
    log = tmp_path_factory.mktemp("logs") / "server.log"
    contender = CONTENDERS[request.param]
    asked, access = recorder.asked_by(contender)
    with serving(contender, asked, log, access=access) as server:
        yield server.url


@pytest.mark.robustness
@pytest.mark.parametrize("url", OTHERS, indirect=True)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_another_contender_answers_and_asks_as_the_twins(
    scenario: list[Request], url: str, urls: dict[Twin, str], recorder: Recorder, request: pytest.FixtureRequest
) -> None:
    seen, expected = play(scenario, url, recorder), play(scenario, urls["sync"], recorder)
    if (
        CONTENDERS[request.node.callspec.params["url"]].environment.get("LAB_FAN_OUT") == "msearch"
    ):  # test_fan_out.py holds its calls
        seen, expected = ([answer for *answer, _ in played] for played in (seen, expected))
    assert seen == expected


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
def test_a_contender_starts_without_a_complaint_and_ends_whole(name: str, recorder: Recorder, tmp_path: Path) -> None:
    contender, port, log = CONTENDERS[name], str(free_port()), tmp_path / "server.log"
    environ = os.environ | contender.environ(*recorder.asked_by(contender)) | {"LAB_PORT": port}
    with log.open("wb") as output, psutil.Popen(contender.command, cwd=ROOT, env=environ, stderr=output) as server:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            eventually(lambda: is_ready(client))
            complaints = [line for line in log.read_text().splitlines() if "twin: http" not in line]
            family = server.children(recursive=True)
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
        _, left = psutil.wait_procs(family, timeout=0)
    assert (complaints, left) == ([], [])


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
