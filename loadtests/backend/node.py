"""The embedded Elasticsearch: one node on 127.0.0.1 that outlives the command that started it.

No file holds a process id that could be stale. The node's processes are those whose command line names its own folder:
that survives `kill -9`, reboots and changed clocks, and another process is never mistaken for the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from rich.console import Console

from loadtests.backend import cluster, processes
from loadtests.backend.account import Account, unprivileged
from loadtests.backend.distribution import ELASTICSEARCH, Distribution
from loadtests.backend.launch import PORT_MARK, TMP_MARK, Launch
from loadtests.backend.places import reachable
from loadtests.backend.preflight import check_disk, check_memory, check_port, is_free
from loadtests.backend.software import install
from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.errors import LabError
from loadtests.locks import exclusive
from loadtests.waiting import wait_visibly

DEFAULT_PORT = 9200
_LAST_PORT = 65_535
_START_TIMEOUT_S = 300
_MOST_ATTEMPTS = 5
_SHOWN_LOG_LINES = 15


@dataclass(frozen=True)
class Node:
    """The node's folder for data and logs (`home`/elasticsearch), its port, and its heap (such as 512m or 1g).

    Without a `port`, `start` takes the node's last port until it is stopped, or DEFAULT_PORT, or the next free one when
    another checkout's node has that. Nodes share Elasticsearch itself and its Java, in `cache`.
    """

    home: Path
    port: int | None
    heap: str
    cache: Path = LAB_DIR / "cache"
    distribution: Distribution = ELASTICSEARCH

    @property
    def url(self) -> str:
        """Its URL, in plain HTTP and without a password."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Its own folder, or the stand-in that this links to."""
        return (self.home / "elasticsearch").resolve()

    @property
    def log(self) -> Path:
        """Its output while it started."""
        return self._launch.log

    @property
    def pid(self) -> int | None:
        """The process to watch; None when it does not run."""
        return next((server.pid for server in processes.bearing(self._launch.server_mark)), None)

    def start(self, console: Console) -> Node:
        """Start it unless it runs, and wait until it is ready. Returns it with its port. Raises LabError."""
        with self._at_home(console) as account:
            if not self._processes():
                return self._start_somewhere(account, console)
            node = replace(self, port=self.port or self._launch.remembered_port)
            if not node._launch.is_configured():
                raise LabError(
                    f"the lab's Elasticsearch runs already, with another port or heap than ES_PORT={node.port} and "
                    f"ES_HEAP={self.heap}: type make down first, or leave them as they were"
                )
            node._await_ready(console)
            return node

    def stop(self, console: Console) -> bool:
        """Stop it and wait until it has gone. Returns False when it did not run."""
        with self._at_home(console):
            found = self._processes()
            processes.end(found)
            self._launch.forget()
            return bool(found)

    @property
    def _launch(self) -> Launch:
        return Launch(self.folder, self.port, self.heap)

    @contextmanager
    def _at_home(self, console: Console) -> Iterator[Account | None]:
        """Prepare its folder, or the stand-in, and keep others from starting or stopping it. Yields the user that
        runs it."""
        account = unprivileged(PROJECT)
        with exclusive(self.home / "lock", "another start or stop of Elasticsearch", console):
            reachable(self.home / "elasticsearch", account, console)
            yield account

    def _processes(self) -> list[psutil.Process]:
        return processes.bearing(self._launch.launcher_mark, self._launch.server_mark)

    def _start_somewhere(self, account: Account | None, console: Console) -> Node:
        """Start on the next port when another checkout's node takes the chosen one at the same moment."""
        if self.port is not None:
            _check_no_other_checkout(self.port)
            self._start(self.port, account, console)
            return self
        for _ in range(_MOST_ATTEMPTS):
            port = _free_port(self._launch.remembered_port or DEFAULT_PORT, console)
            node = replace(self, port=port)
            try:
                node._start(port, account, console)
            except LabError:
                if str(port) not in processes.with_prefix(PORT_MARK):
                    raise
            else:
                return node
        raise LabError("other checkouts of the lab took each port that this one tried: set ES_PORT to a free one")

    def _start(self, port: int, account: Account | None, console: Console) -> None:
        check_port(port)
        check_memory(self.heap)
        check_disk(self.folder)
        launcher = self._launch.run(install(self.distribution, self.cache, account, console), account)
        try:
            self._await_ready(console)
        except BaseException:
            processes.end(self._processes())
            raise
        finally:
            launcher.wait()

    def _await_ready(self, console: Console) -> None:
        if not wait_visibly(self._is_ready, f"Elasticsearch at {self.url}", _START_TIMEOUT_S, console):
            raise LabError(f"Elasticsearch is not ready after {_START_TIMEOUT_S} s: {self._last_words()}")

    def _is_ready(self) -> bool:
        if not self._processes():
            raise LabError(f"Elasticsearch died while it started: {self._last_words()}")
        return cluster.is_ready(self.url, self._launch.name)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_SHOWN_LOG_LINES:]
        fix = f"all of it is in {self.log}; if the data is damaged, delete {self.folder} and it is made anew"
        return "\n  ".join(("its last lines are", *lines, fix))


def _free_port(first: int, console: Console) -> int:
    """`first`, or the next free port when another checkout's node has that."""
    others = processes.with_prefix(PORT_MARK)
    if str(first) not in others:
        return first
    found = next(port for port in range(first + 1, _LAST_PORT) if str(port) not in others and is_free(port))
    console.out(f"another checkout's Elasticsearch has port {first}: this one's takes port {found}, until make down")
    return found


def _check_no_other_checkout(port: int) -> None:
    if other := processes.with_prefix(PORT_MARK).get(str(port)):
        raise LabError(
            f"another checkout's Elasticsearch has port {port} (process {other.pid}, in {_folder(other)}): leave "
            "ES_PORT out, and this one takes a free port, or type make down there first"
        )


def _folder(server: psutil.Process) -> str:
    """The processes of this node, by their command line."""
    argument = next(argument for argument in server.cmdline() if argument.startswith(TMP_MARK))
    return str(Path(argument.removeprefix(TMP_MARK)).parent)
