"""A service that runs already is taken as it is: found, watched where its processes are seen, and left running."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from loadtests.children import running
from loadtests.contenders import named
from loadtests.errors import InvalidRunError, LabError
from loadtests.resources.affinity import machine_cores
from loadtests.resources.listeners import root_pid
from loadtests.servers import Server, serving, starting
from loadtests.targets import Target
from tests.conftest import free_port
from tests.quotas import needs_quota
from tests.waiting import eventually

TREE = """if True:
    import os, socket, sys, time
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    def listen():
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, int(os.environ["LAB_PORT"])))
        listener.listen()
        return listener
    kept = listen() if sys.argv[1] == "master" else None
    for _ in range(2):
        if os.fork() == 0:
            kept = kept or listen()
            break
    time.sleep(600)
"""
"""A server of three processes. Either the master listens and its workers have it from there, or each worker does."""


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[tuple[psutil.Popen, Target]]:
    port = free_port()
    with started(tmp_path, port, "-m", "tests.harness.standin") as process:
        eventually(lambda: listeners(port))
        yield process, Target.at(f"http://127.0.0.1:{port}")


def started(folder: Path, port: int, *arguments: str) -> AbstractContextManager[psutil.Popen]:
    """Python, until the block ends."""
    return running([sys.executable, *arguments], os.environ | {"LAB_PORT": str(port)}, folder / "log", grace_s=0)


def listeners(port: int) -> int:
    """How many of this process's descendants listen there."""
    return sum(
        any(connection.laddr.port == port for connection in process.net_connections(kind="tcp"))
        for process in psutil.Process().children(recursive=True)
    )


def test_a_target_is_found_with_its_process_and_left_running(
    standin: tuple[psutil.Popen, Target], tmp_path: Path
) -> None:
    process, target = standin
    with serving(target, "http://127.0.0.1:9", tmp_path / "server.log") as server:
        server.check_alive()
        assert server == Server(target, target.url, process.pid)
    assert process.poll() is None


def test_a_target_that_ends_under_load_makes_the_run_invalid(
    standin: tuple[psutil.Popen, Target], tmp_path: Path
) -> None:
    process, target = standin
    with serving(target, "http://127.0.0.1:9", tmp_path / "server.log") as server:
        process.kill()
        process.wait()
        with pytest.raises(InvalidRunError, match=f"{target.url} ended during the run"):
            server.check_alive()


def test_a_target_that_does_not_answer_is_told_with_the_mend(tmp_path: Path) -> None:
    target = Target.at(f"http://127.0.0.1:{free_port()}")
    with (
        pytest.raises(LabError, match=f"{target.url} does not respond: start the service"),
        serving(target, "http://127.0.0.1:9", tmp_path / "server.log"),
    ):
        pass


@pytest.mark.parametrize("who", ["master", "each"])
def test_a_tree_of_processes_is_found_by_its_root(who: str, tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "-c", TREE, who) as master:
        eventually(lambda: listeners(port) == (3 if who == "master" else 2))
        assert root_pid(port) == master.pid


def test_processes_that_are_no_tree_of_their_own_are_nobodys(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "-c", TREE, "master"), started(tmp_path, port, "-c", TREE, "master"):
        eventually(lambda: listeners(port) == 6)
        assert root_pid(port) is None


def test_where_nobody_listens_there_is_no_process() -> None:
    assert root_pid(free_port()) is None


def test_services_on_one_port_are_told_apart_by_their_addresses(tmp_path: Path) -> None:
    port = free_port()
    with (
        started(tmp_path, port, "-c", TREE, "master", "127.0.0.1") as four,
        started(tmp_path, port, "-c", TREE, "master", "::1") as six,
    ):
        eventually(lambda: listeners(port) == 6)
        assert root_pid(port, "127.0.0.1") == four.pid
        assert root_pid(port, "::1") == six.pid
        assert root_pid(port, "localhost") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_who_listens_everywhere_is_reached_by_both_kinds_of_address(host: str, tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "-c", TREE, "master", "::") as master:
        eventually(lambda: listeners(port) == 3)
        assert root_pid(port, host) == master.pid


@pytest.mark.robustness
@pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only")
@pytest.mark.parametrize("twin", ["sync", "async"])
@pytest.mark.parametrize("turn", [0, 1])
def test_each_worker_has_cores_of_its_own(twin: str, turn: int, tmp_path: Path, library_url: str) -> None:
    cores = machine_cores()
    contender = replace(named(twin), workers=2, cores=1)
    with starting(contender, library_url, tmp_path / "server.log", turn=turn) as server:
        server.wait_ready()
        workers = sorted(psutil.Process(server.pid).children(), key=lambda process: process.pid)[-2:]
        allowed = [{tuple(os.sched_getaffinity(thread.id)) for thread in one.threads()} for one in workers]
    assert allowed == [{(cores[(turn + number) % len(cores)],)} for number in range(2)]


@needs_quota
@pytest.mark.robustness
@pytest.mark.parametrize("twin", ["sync", "async"])
def test_a_quota_holds_for_every_process_of_a_server(twin: str, tmp_path: Path, library_url: str) -> None:
    with serving(replace(named(twin), workers=2, quota=0.5), library_url, tmp_path / "server.log") as server:
        root = psutil.Process(server.pid)
        groups = {Path(f"/proc/{one.pid}/cgroup").read_text() for one in (root, *root.children(recursive=True))}
    assert len(groups) == 1
    assert "/twinlab-" in groups.pop()
