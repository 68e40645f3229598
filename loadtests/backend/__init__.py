"""The Elasticsearch behind the twins, with the books in it: the user's own, a container, or the embedded node.

A replay may stand between: a process that gives the real one's responses again, each after a delay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from loadtests.access import OPEN, Access
from loadtests.backend import cluster, replay
from loadtests.backend.compose import Container
from loadtests.backend.loader import load_corpus
from loadtests.backend.node import DEFAULT_PORT, Node
from loadtests.backend.replay import Replay
from loadtests.backend.replay.rehearsal import Cast, rehearse
from loadtests.checkout import LAB_DIR
from loadtests.contenders import Contender
from loadtests.load.catalogue import Catalogue
from loadtests.load.delay import NONE, Delay
from loadtests.options import REPLAY, BackendOptions
from loadtests.targets import Target


@dataclass(frozen=True)
class Backend:
    """The backend of a run. `url` is the real Elasticsearch's, which has the books; it may hold a password, and is
    never printed. Where a `replay` stands before it, services ask that."""

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
    replay: Replay | None = None
    delay: Delay = NONE

    @property
    def service_url(self) -> str:
        """The address that services ask."""
        return self.replay.url if self.replay else self.url

    @property
    def service_access(self) -> Access:
        """What services need for it."""
        return OPEN if self.replay else self.access

    def asked_by(self, contender: Contender | Target) -> tuple[str, Access]:
        """The URL that a contender asks, and what it needs for it. Raises LabError where it needs TLS, and this has
        none."""
        if self.replay:
            return self.replay.asked_by(contender)
        if isinstance(contender, Contender):
            contender.check_tls(is_offered=self.url.startswith("https:"))
        return self.url, self.access

    @property
    def service_pid(self) -> int | None:
        """The process that responds to services; None where it is not ours to watch."""
        return self.replay.pid if self.replay else self.pid

    @property
    def pids(self) -> list[int]:
        """Of all its processes that are ours to watch."""
        return [pid for pid in {self.pid, self.service_pid} if pid is not None]

    def rehearse(self, cast: Cast, catalogue: Catalogue, workload: str, console: Console) -> None:
        """Record what a replay needs, before anything is measured; nothing is to be done for a real one.

        Raises LabError, InvalidRunError.
        """
        if self.replay:
            rehearse(self.replay, cast, catalogue, workload, console)

    def check(self) -> None:
        """Raises LabError when a service asked what could not be replayed."""
        if self.replay:
            self.replay.check()


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
    backend = Backend(
        server.url,
        server.mode,
        version,
        server.pid,
        loaded.documents,
        loaded.corpus_sha256,
        server.heap,
        options.access,
    )
    return _replayed(backend, options, console, home) if options.backend == REPLAY else backend


def _replayed(backend: Backend, options: BackendOptions, console: Console, home: Path) -> Backend:
    delay, access = options.delay_ms, options.access
    authorization = cluster.authorization(backend.url, access)
    started = replay.start(backend.url, authorization, access.ca_certs, delay, console, home)
    console.print(
        f"its responses are replayed at {started.url}, with {delay.in_words}", highlight=False, soft_wrap=True
    )
    return replace(backend, replay=started, delay=delay)


def down(options: BackendOptions, console: Console, home: Path = LAB_DIR) -> None:
    """Stop the backend and wait until it has gone; a cluster of the user's own is left alone. Raises LabError."""
    if replay.stop(console, home):
        console.out("the replayed backend has stopped")
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
