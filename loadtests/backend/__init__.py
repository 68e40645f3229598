"""The Elasticsearch behind the twins, with the books in it: the user's own, a container, or the embedded node."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from loadtests.access import OPEN, Access
from loadtests.backend import cluster
from loadtests.backend.compose import Container
from loadtests.backend.loader import load_corpus
from loadtests.backend.node import DEFAULT_PORT, Node
from loadtests.checkout import LAB_DIR
from loadtests.options import BackendOptions


@dataclass(frozen=True)
class Backend:
    """The backend of a run. `url` may hold a password, and is never printed."""

    url: str = field(repr=False)
    mode: str
    version: str
    pid: int | None
    """The embedded node's process; None where it is not ours to watch."""
    documents: int
    corpus_sha256: str
    heap: str | None = None
    """Such as 1g; None where it is not ours to set."""
    access: Access = OPEN


@dataclass(frozen=True)
class _Server:
    url: str
    mode: str
    pid: int | None = None
    heap: str | None = None


def up(options: BackendOptions, console: Console, home: Path = LAB_DIR) -> Backend:
    """Start the backend or find it running, wait until it is ready, and load what it lacks. Raises LabError."""
    server = _started(options, console, home)
    version = cluster.require_usable(server.url, options.access)
    loaded = load_corpus(server.url, options, console)
    return Backend(
        server.url,
        server.mode,
        version,
        server.pid,
        loaded.documents,
        loaded.corpus_sha256,
        server.heap,
        options.access,
    )


def down(options: BackendOptions, console: Console, home: Path = LAB_DIR) -> None:
    """Stop the backend and wait until it has gone; a cluster of the user's own is left alone. Raises LabError."""
    if options.es_url:
        console.out(f"{cluster.redacted(options.es_url)} is a cluster of yours: it is left running, with its books")
    elif options.backend == "docker":
        _container(options).stop()
    else:
        stopped = _node(options, home).stop(console)
        console.out("Elasticsearch has stopped" if stopped else "the lab's Elasticsearch does not run")


def _started(options: BackendOptions, console: Console, home: Path) -> _Server:
    if options.es_url:
        return _Server(options.es_url, "url")
    if options.backend == "docker":
        container = _container(options)
        container.start()
        return _Server(container.url, "docker", heap=options.es_heap)
    node = _node(options, home).start(console)
    return _Server(node.url, "embedded", node.pid, options.es_heap)


def _container(options: BackendOptions) -> Container:
    return Container(options.es_port or DEFAULT_PORT, options.es_heap)


def _node(options: BackendOptions, home: Path) -> Node:
    return Node(home, options.es_port, options.es_heap)
