"""A twin as a process: how it starts, what it refuses to start with, and how it stops and bears a failing backend."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.backend.loader import load_corpus
from loadtests.backend.node import Node
from loadtests.options import BackendOptions
from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.broken_backends import full_backlog, silent_backend
from tests.twins.served import ROOT, served
from tests.waiting import eventually


def refusal(twin: Twin, **variables: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", f"{twin}_app"], cwd=ROOT, env=os.environ | variables, stderr=subprocess.PIPE, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 1
    return run.stderr


def test_a_bad_setting_is_refused_at_start(twin: Twin) -> None:
    assert "LAB_WORKERS='none': Input should be a valid integer" in refusal(twin, LAB_WORKERS="none")


def test_a_port_in_use_is_told(twin: Twin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        told = refusal(twin, PORT=str(port))
    assert f"127.0.0.1:{port}" in told
    assert "PORT=" in told


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.robustness)])
def test_sigterm_lets_requests_in_flight_finish(twin: Twin, workers: str) -> None:
    with (
        silent_backend() as (url, requested),
        served(twin, LAB_ES_URL=url, LAB_ES_TIMEOUT_S="3", LAB_WORKERS=workers) as (
            process,
            client,
        ),
    ):
        statuses: list[int] = []
        waiting = threading.Thread(target=lambda: statuses.append(client.get("/api/dashboard").status_code))
        waiting.start()
        requested.wait(timeout=30)
        process.send_signal(signal.SIGTERM)
        waiting.join()
        code = process.wait(timeout=30)
    assert (statuses, code) == ([504], 0)


def test_a_backend_that_refuses_connections_is_503(twin: Twin) -> None:
    with served(twin, LAB_ES_URL=f"http://127.0.0.1:{free_port()}") as (_, client):
        answer = client.get("/api/books")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_a_backend_that_does_not_answer_is_504(twin: Twin) -> None:
    with silent_backend() as (url, _), served(twin, LAB_ES_URL=url, LAB_ES_TIMEOUT_S="0.5") as (_, client):
        assert client.get("/api/books").status_code == 504


def test_a_backend_that_does_not_accept_is_504(twin: Twin) -> None:
    """The time limit for connecting ends the wait, long before that for an answer would."""
    with (
        full_backlog() as url,
        served(twin, LAB_ES_URL=url, LAB_ES_CONNECT_TIMEOUT_S="0.5", LAB_ES_TIMEOUT_S="60") as (
            _,
            client,
        ),
    ):
        assert client.get("/api/books").status_code == 504


def test_what_is_not_elasticsearch_is_503(twin: Twin, urls: dict[Twin, str]) -> None:
    with served(twin, LAB_ES_URL=urls["sync"]) as (_, client):
        assert client.get("/api/books").status_code == 503


@pytest.mark.robustness
def test_the_service_recovers_when_elasticsearch_returns(tmp_path: Path, console: Console) -> None:
    node = Node(home=tmp_path, port=free_port(), heap="512m")
    node.start(console)
    try:
        load_corpus(node.url, BackendOptions(books=10), console)
        with served("sync", LAB_ES_URL=node.url) as (_, sync), served("async", LAB_ES_URL=node.url) as (_, async_):
            assert [client.get("/readyz").status_code for client in (sync, async_)] == [200, 200]
            node.stop(console)
            assert [client.get("/readyz").status_code for client in (sync, async_)] == [503, 503]
            node.start(console)
            for client in (sync, async_):
                eventually(lambda client=client: client.get("/readyz").status_code == 200)  # type: ignore[misc]
                assert client.get("/api/books").json()["total"] == 10
    finally:
        node.stop(console)
