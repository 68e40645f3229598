"""The embedded Elasticsearch: one node on 127.0.0.1 that outlives the command which started it.

There is no file with a process id that could be stale. The node's processes are those whose command line names its
own folder: that survives `kill -9`, reboots and changed clocks, and another process is never mistaken for the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from loadtests.backend import cluster, processes
from loadtests.backend.account import Account, unprivileged
from loadtests.backend.distribution import ELASTICSEARCH, Distribution
from loadtests.backend.launch import Launch
from loadtests.backend.locks import exclusive
from loadtests.backend.places import reachable
from loadtests.backend.preflight import check_disk, check_memory, check_port
from loadtests.backend.software import install
from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.errors import LabError
from loadtests.waiting import wait_visibly

_START_TIMEOUT_S = 300
_SHOWN_LOG_LINES = 15


@dataclass(frozen=True)
class Node:
    """Where the node keeps data and logs (`home`/elasticsearch), where it listens, and its heap (such as 512m or 1g).

    Nodes share what they are made of, Elasticsearch itself and its Java, in `cache`.
    """

    home: Path
    port: int
    heap: str
    cache: Path = LAB_DIR / "cache"
    distribution: Distribution = ELASTICSEARCH

    @property
    def url(self) -> str:
        """Where it answers, in plain HTTP and without a password."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def folder(self) -> Path:
        """Its own folder, or the stand-in that this links to."""
        return (self.home / "elasticsearch").resolve()

    @property
    def log(self) -> Path:
        """What it said while it started."""
        return self._launch.log

    @property
    def pid(self) -> int | None:
        """The process to watch, None if it does not run."""
        return next((server.pid for server in processes.bearing(self._launch.server_mark)), None)

    def start(self, console: Console) -> None:
        """Start it unless it runs, and wait until it is ready. Raises LabError."""
        with self._at_home(console) as account:
            if not self._processes():
                self._start(account, console)
            elif self._launch.is_configured():
                self._await_ready(console)
            else:
                raise LabError(
                    f"the lab's Elasticsearch runs already, with another port or heap than ES_PORT={self.port} and "
                    f"ES_HEAP={self.heap}: type make down first, or leave them as they were"
                )

    def stop(self, console: Console) -> bool:
        """Stop it and wait until it has gone. False: it did not run."""
        with self._at_home(console):
            found = self._processes()
            processes.end(found)
            return bool(found)

    @property
    def _launch(self) -> Launch:
        return Launch(self.folder, self.port, self.heap)

    @contextmanager
    def _at_home(self, console: Console) -> Iterator[Account | None]:
        """Its folder is there, or the stand-in, and nobody else starts or stops it. Yields who runs it."""
        account = unprivileged(PROJECT)
        with exclusive(self.home / "lock", "another start or stop of Elasticsearch", console):
            reachable(self.home / "elasticsearch", account, console)
            yield account

    def _processes(self) -> list[psutil.Process]:
        return processes.bearing(self._launch.launcher_mark, self._launch.server_mark)

    def _start(self, account: Account | None, console: Console) -> None:
        check_port(self.port)
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
        return cluster.is_ready(self.url)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_SHOWN_LOG_LINES:]
        fix = f"all of it is in {self.log}; if the data is damaged, delete {self.folder} and it is made anew"
        return "\n  ".join(("its last lines are", *lines, fix))
