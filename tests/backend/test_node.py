"""The embedded node: it outlives the command that starts it, and the lab recovers whatever becomes of either."""

from __future__ import annotations

import itertools
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import psutil
import pytest
from rich.console import Console

from loadtests.backend import cluster, processes
from loadtests.backend import node as node_module
from loadtests.backend.launch import Launch
from loadtests.backend.node import Node
from loadtests.errors import LabError
from loadtests.resources.listeners import root_pid
from tests.backend.support import Notes
from tests.conftest import free_port

HEAP = "512m"
START = """
import sys
from pathlib import Path
from rich.console import Console
from loadtests.backend.node import Node
Node(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).start(Console())
"""
DEADLINE_S = 120


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node that does not run yet, in a folder with a name that scripts stumble over."""
    node = Node(tmp_path / "a clone of Zoë's", free_port(), HEAP)
    yield node
    node.stop(Notes())
    shutil.rmtree(node.folder)


def starting(node: Node) -> subprocess.Popen[str]:
    """Another command that starts the node."""
    command = [sys.executable, "-c", START, str(node.home), str(node.port), node.heap]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pid_once_it_loads(node: Node) -> int:
    """The server's process while it starts, some seconds before it is ready."""
    wait_for(lambda: node.log.exists() and "loaded module" in node.log.read_text())
    assert node.pid is not None
    return node.pid


def said(node: Node, attempt: Callable[[Node], object]) -> str:
    with pytest.raises(LabError) as caught:
        attempt(node)
    return str(caught.value)


def start(node: Node) -> Node:
    return node.start(Notes())


@pytest.mark.robustness
def test_a_running_node_is_left_as_it_is(node: Node, tmp_path: Path) -> None:
    notes = Notes()
    node.start(notes)
    assert notes.lines[-1] == f"waiting for Elasticsearch at {node.url}"
    pid = node.pid
    assert pid is not None

    again = Notes()
    node.start(again)
    assert node.pid == pid
    assert again.lines == []

    assert f"with another port or heap than ES_PORT={node.port} and ES_HEAP=1g" in said(replace(node, heap="1g"), start)
    rival = replace(node, home=tmp_path / "another home")
    taken = said(rival, start)
    assert f"another checkout's Elasticsearch has port {node.port} (process {pid}, in {node.folder})" in taken
    assert "leave ES_PORT out" in taken
    shutil.rmtree(rival.folder)
    assert node.pid == pid

    assert listening_addresses(pid) == {"127.0.0.1"}

    assert node.stop(Notes()) is True
    assert not psutil.pid_exists(pid)
    assert node.stop(Notes()) is False


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Node]:
    """The node of another checkout, which may choose its port."""
    beside = Node(tmp_path / "another checkout", None, HEAP)
    yield beside
    beside.stop(Notes())
    shutil.rmtree(beside.folder, ignore_errors=True)


@pytest.mark.robustness
def test_two_checkouts_have_a_node_each(node: Node, beside: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "DEFAULT_PORT", node.port)
    assert start(replace(node, port=None)) == node
    notes = Notes()
    other = beside.start(notes)
    assert other.port not in (None, node.port)
    told = f"another checkout's Elasticsearch has port {node.port}: this one's takes port {other.port}, until make down"
    assert told in notes.lines
    assert start(beside) == other
    assert (node.pid, other.pid) == (pid_on(node), pid_on(other))

    processes.end([psutil.Process(node.pid), psutil.Process(other.pid)])
    assert start(beside) == other  # though its first choice is free now

    assert other.stop(Notes()) is True
    with socket.create_server(("127.0.0.1", node.port or 0)):
        assert f"port {node.port} is held by {psutil.Process().name()}" in said(beside, start)
    assert start(beside).port == node.port


@pytest.mark.robustness
def test_two_checkouts_that_start_at_once_have_a_node_each(
    node: Node, beside: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "DEFAULT_PORT", node.port)
    monkeypatch.setattr(node_module, "_free_port", both_at_once(node_module._free_port))
    with ThreadPoolExecutor() as checkouts:
        first, second = checkouts.map(start, (replace(node, port=None), beside))
    assert {first.port, second.port} > {node.port}
    assert (first.pid, second.pid) == (pid_on(first), pid_on(second))


def both_at_once(choose: Callable[[int, Console], int]) -> Callable[[int, Console], int]:
    """The first two choices are made before either is acted on."""
    meeting, chosen = Barrier(2), itertools.count()

    def chosen_together(first: int, console: Console) -> int:
        port = choose(first, console)
        if next(chosen) < 2:
            meeting.wait(timeout=DEADLINE_S)
        return port

    return chosen_together


def pid_on(node: Node) -> int | None:
    """Who listens on the node's port."""
    return root_pid(node.port or 0)


def listening_addresses(pid: int) -> set[str]:
    connections = psutil.Process(pid).net_connections()
    return {connection.laddr.ip.removeprefix("::ffff:") for connection in connections if connection.status == "LISTEN"}


@pytest.mark.robustness
def test_ctrl_c_while_it_starts_leaves_nothing_running(node: Node) -> None:
    command = starting(node)
    server = pid_once_it_loads(node)
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate()
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert not psutil.pid_exists(server)
    assert node.stop(Notes()) is False


@pytest.mark.robustness
def test_a_second_command_waits_and_brings_to_its_end_what_a_killed_one_began(node: Node) -> None:
    first = starting(node)
    server = pid_once_it_loads(node)
    psutil.Process(server).suspend()  # so that the first command is still waiting for it when the second comes
    second = starting(node)
    assert second.stdout is not None
    assert second.stdout.readline() == "waiting for another start or stop of Elasticsearch to finish\n"
    first.kill()
    first.communicate()
    psutil.Process(server).resume()
    second.communicate()
    assert second.returncode == 0
    assert node.pid == server
    assert cluster.is_ready(node.url, Launch(node.folder, node.port, node.heap).name)


@pytest.mark.robustness
def test_a_node_that_dies_while_it_starts_shows_its_last_lines(node: Node) -> None:
    tiny = replace(node, heap="5m")
    message = said(tiny, start)
    assert message.startswith("Elasticsearch died while it started: its last lines are\n")
    assert "java.lang.OutOfMemoryError" in message
    assert f"all of it is in {tiny.log}" in message
    assert tiny.pid is None


def test_too_little_memory_or_a_held_port_start_nothing(node: Node) -> None:
    assert "set a smaller ES_HEAP" in said(replace(node, heap="1000000g"), start)
    with socket.create_server(("127.0.0.1", node.port)):
        assert f"port {node.port} is held by" in said(node, start)
    assert not node.log.exists()


def test_a_process_is_never_taken_for_the_node_for_its_id_or_a_likeness(node: Node) -> None:
    mark = Launch(node.folder, node.port, node.heap).server_mark
    with subprocess.Popen([sys.executable, "-c", "input()", f"{mark}-of-another"], stdin=subprocess.PIPE) as other:
        assert node.pid is None
        assert node.stop(Notes()) is False
        assert other.poll() is None
