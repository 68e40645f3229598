"""Where a server begins a slice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from loadtests.comparison import cores
from loadtests.resources import affinity
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
    with cores.beginning(turn, server.pid, set(CORES), set(CORES)):
        assert allowed(server) == {(CORES[turn % len(CORES)],)}


@pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")
@pytest.mark.parametrize("turn", [0, 1])
def test_beside_a_pinned_contender_the_other_begins_on_the_same_core(
    server: psutil.Process, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "HOLD_S", 60)
    with cores.beginning(turn, server.pid, set(CORES), {CORES[1]}):
        assert allowed(server) == {(CORES[1],)}
    assert allowed(server) == {tuple(CORES)}


def test_a_pinned_contender_is_not_moved(server: psutil.Process) -> None:
    affinity.let_run(server, {CORES[-1]})
    for turn in range(3):
        with cores.beginning(turn, server.pid, {CORES[-1]}, set(CORES)):
            assert allowed(server) == {(CORES[-1],)}
    assert allowed(server) == {(CORES[-1],)}


@pytest.mark.parametrize(
    ("cores_each", "turn", "expected"),
    [(1, 0, {2}), (1, 1, {3}), (1, 4, {2}), (2, 0, {2, 3}), (2, 3, {7, 2}), (4, 2, {2, 3, 5, 7})],
)
def test_which_cores_are_allotted_rotates(cores_each: int, turn: int, expected: set[int]) -> None:
    assert affinity.allotted(cores_each, turn, [2, 3, 5, 7]) == expected


def test_what_is_started_on_cores_stays_there_and_its_starter_does_not() -> None:
    with affinity.starting_on({CORES[0]}):
        process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        assert allowed(psutil.Process(process.pid)) == {(CORES[0],)}
        process.kill()
    assert sorted(os.sched_getaffinity(0)) == CORES


def test_soon_it_runs_on_all_cores_again(server: psutil.Process) -> None:
    with cores.beginning(0, server.pid, set(CORES), set(CORES)):
        eventually(lambda: allowed(server) == {tuple(CORES)})


def test_at_the_end_at_the_latest_all_its_threads_do(server: psutil.Process) -> None:
    for turn in range(20):
        with cores.beginning(turn, server.pid, set(CORES), set(CORES)):
            pass
        assert allowed(server) == {tuple(CORES)}


def test_a_server_that_has_ended_is_let_go() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process,
        cores.beginning(0, process.pid, set(CORES), set(CORES)),
    ):
        process.kill()
        process.wait()
