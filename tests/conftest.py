"""What most tests need: an Elasticsearch of their own, started once by each test process, and free ports."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator

import pytest
from rich.console import Console

from loadtests.backend.node import Node

# Who starts the tests in a shell's background makes them, and all that they start, deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    """A user's own settings must not reach the services under test."""
    for name in [*os.environ]:
        if name.startswith(("LAB_", "ES_")) or name in ("PORT", "BOOKS", "CORPUS", "BACKEND", "PASS_ENV"):
            del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def _measure_side_by_side() -> None:
    """Tests run many measurements at once, and need no figures that can be trusted: each holds a port of its own."""
    os.environ["LOCK_PORT"] = "0"


@pytest.fixture(scope="session")
def console() -> Console:
    return Console(stderr=True)


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory, console: Console) -> Iterator[Node]:
    node = Node(home=tmp_path_factory.mktemp("elasticsearch"), port=free_port(), heap="512m")
    node.start(console)
    yield node
    node.stop(console)
    shutil.rmtree(node.folder)


@pytest.fixture(scope="session")
def elasticsearch_url(elasticsearch: Node) -> str:
    return elasticsearch.url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
