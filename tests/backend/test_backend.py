"""The backend as `make up` and `make down` see it: which one, what is in it, and what can be wrong with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from loadtests.backend import Backend, down, up
from loadtests.backend.node import Node
from loadtests.errors import LabError
from loadtests.options import BackendOptions
from tests.backend.support import Notes
from tests.conftest import free_port

BOOKS = 40


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """An embedded node in a home of its own, which does not run yet."""
    node = Node(tmp_path, free_port(), "512m")
    yield node
    node.stop(Notes())
    shutil.rmtree(node.folder)


def embedded(node: Node) -> BackendOptions:
    return BackendOptions.from_environ({"ES_PORT": str(node.port), "ES_HEAP": node.heap, "BOOKS": str(BOOKS)})


def theirs(node: Node) -> BackendOptions:
    return BackendOptions.from_environ({"ES_URL": node.url, "BOOKS": str(BOOKS)})


def down_says(options: BackendOptions, home: Path) -> list[str]:
    notes = Notes()
    down(options, notes, home)
    return notes.lines


@pytest.mark.robustness
def test_the_embedded_node_is_started_found_started_again_after_a_kill_and_stopped(node: Node) -> None:
    backend = up(embedded(node), Notes(), node.home)
    assert backend == Backend(node.url, "embedded", "8.17.10", node.pid, BOOKS, backend.corpus_sha256, node.heap)
    assert up(embedded(node), Notes(), node.home) == backend

    server = psutil.Process(backend.pid)
    server.kill()
    server.wait()
    assert node.pid is None
    recovered = up(embedded(node), Notes(), node.home)
    assert recovered == replace(backend, pid=node.pid)
    assert recovered.pid not in (None, backend.pid)

    assert up(theirs(node), Notes(), node.home) == replace(backend, mode="url", pid=None, heap=None)
    assert down_says(theirs(node), node.home) == [
        f"{node.url} is a cluster of yours: it is left running, with its books"
    ]
    assert node.pid == recovered.pid

    assert down_says(embedded(node), node.home) == ["Elasticsearch has stopped"]
    assert node.pid is None
    assert down_says(embedded(node), node.home) == ["the lab's Elasticsearch does not run"]


def test_a_password_is_not_in_its_description() -> None:
    assert "s3cret" not in repr(Backend("http://elastic:s3cret@127.0.0.1:9200", "url", "8.17.10", None, 1, "a hash"))


def test_docker_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="there is no docker here: install it, or leave BACKEND out"):
        up(BackendOptions.from_environ({"BACKEND": "docker"}), Notes())


@pytest.mark.skipif(shutil.which("docker") is None, reason="needs the docker command")
def test_docker_without_its_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    with pytest.raises(LabError, match="docker compose up failed, and said above why: check that Docker's engine runs"):
        up(BackendOptions.from_environ({"BACKEND": "docker", "ES_PORT": str(free_port())}), Notes())
