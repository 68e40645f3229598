"""SIGTERM under load: whoever was accepted gets an answer, in either twin."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPResponse

import httpx
import pytest

from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.served import ROOT, connect, holding, served
from tests.waiting import eventually

pytestmark = pytest.mark.robustness

CLIENTS = 12
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Tally:
    """Of one client: how many requests it sent, and how many were answered 200."""

    sent: int = 0
    answered: int = 0


def send_until_closed(url: httpx.URL, tally: Tally) -> None:
    """Request after request on one kept connection, until an answer says that it is the last one."""
    with connect(url) as connection:
        is_last = False
        while not is_last:
            connection.sendall(REQUEST)
            tally.sent += 1
            answer = HTTPResponse(connection)
            answer.begin()
            answer.read()
            tally.answered += answer.status == 200
            is_last = answer.getheader("Connection") == "close"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_request_of_a_kept_connection_is_dropped(twin: Twin, workers: str) -> None:
    with (
        served(twin, LAB_WORKERS=workers, LAB_ES_URL="http://127.0.0.1:9") as (process, client),
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        tallies = [Tally() for _ in range(CLIENTS)]
        clients = [pool.submit(send_until_closed, client.base_url, tally) for tally in tallies]
        eventually(lambda: all(tally.answered > 20 for tally in tallies))
        process.send_signal(signal.SIGTERM)
        for one in clients:
            one.result()
        assert [tally.answered for tally in tallies] == [tally.sent for tally in tallies]
        process.wait(timeout=30)


def test_every_request_in_flight_is_answered_and_no_new_one_is_taken(twin: Twin) -> None:
    with (
        holding() as backend,
        served(twin, LAB_ES_URL=backend.url, LAB_ES_TIMEOUT_S="30") as (process, client),
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        pending = [pool.submit(client.get, "/api/books/x") for _ in range(CLIENTS)]
        eventually(lambda: len(backend.received) == CLIENTS)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: is_deaf(client.base_url))
        backend.go.set()
        assert [answer.result().status_code for answer in pending] == [200] * CLIENTS
        process.wait(timeout=30)


def is_deaf(url: httpx.URL) -> bool:
    """Whether connections are refused."""
    try:
        connect(url).close()
    except ConnectionError:
        return True
    return False


def test_a_worker_that_is_stopped_while_it_starts_ends_without_a_complaint() -> None:
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:sync_app.gunicorn_conf"]
    ended = subprocess.run(
        [*gunicorn, "tests.twins.stopped_at_start:create_app()"],
        cwd=ROOT,
        env=os.environ | {"LAB_PORT": str(free_port())},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
