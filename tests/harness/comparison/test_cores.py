"""Where a server begins a slice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from loadtests.comparison import cores
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only")

SERVER = """
import subprocess, sys, threading, time
worker = subprocess.Popen([sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdout.readline()
def multiply():
    while True:
        threading.Thread(target=time.sleep, args=(0.05,)).start()
        time.sleep(0.001)
threading.Thread(target=multiply, daemon=True).start()
print(flush=True)
sys.stdin.read()
"""
CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


@pytest.fixture
def server() -> Iterator[psutil.Process]:
    """With a worker of its own, and threads that come and go."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield psutil.Process(process.pid)
        process.kill()


def allowed(server: psutil.Process) -> set[tuple[int, ...]]:
    """The sets of cores on which its processes and threads may run."""
    found = set()
    for process in (server, *server.children()):
        for thread in process.threads():
            try:
                found.add(tuple(sorted(os.sched_getaffinity(thread.id))))
            except ProcessLookupError:
                continue
    return found


@pytest.mark.parametrize("turn", [-1, 0, 1, 2])
def test_each_turn_begins_on_one_core(server: psutil.Process, turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "HOLD_S", 60)
    with cores.beginning(turn, server.pid):
        assert allowed(server) == {(CORES[turn % len(CORES)],)}


def test_soon_it_runs_on_all_cores_again(server: psutil.Process) -> None:
    with cores.beginning(0, server.pid):
        eventually(lambda: allowed(server) == {tuple(CORES)})


def test_at_the_end_at_the_latest_all_its_threads_do(server: psutil.Process) -> None:
    for turn in range(20):
        with cores.beginning(turn, server.pid):
            pass
        assert allowed(server) == {tuple(CORES)}


def test_a_server_that_has_ended_is_let_go() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process,
        cores.beginning(0, process.pid),
    ):
        process.kill()
        process.wait()
