"""A service under load: a fresh server of a contender, started, awaited and stopped; or one that runs already."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psutil

from loadtests.checkout import PROJECT
from loadtests.children import last_lines, running
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError, LabError
from loadtests.resources.affinity import allotted, machine_cores, pin_workers, starting_on
from loadtests.resources.listeners import root_pid
from loadtests.targets import Target, is_local
from loadtests.waiting import wait_until

HOST = "127.0.0.1"
_READY_WITHIN_S = 60
_STOP_WITHIN_S = 15


@dataclass(frozen=True)
class Server:
    """A service that answers at `url` (no trailing slash); `pid` is the root of its process tree, where it is seen."""

    contender: Contender | Target
    url: str
    pid: int | None

    cores: frozenset[int] | None = None
    """Those that it was started on; None where it may use all."""

    def check_alive(self) -> None:
        """Raises InvalidRunError when the server is seen to have ended."""
        if self.pid is not None and not psutil.pid_exists(self.pid):
            raise InvalidRunError(f"the server at {self.url} ended during the run")

    def wait_ready(self) -> None:
        """One that was found running is ready."""


@dataclass(frozen=True, kw_only=True)
class StartedServer(Server):
    """One of the lab's own. `turn` decides which cores its workers get, where its contender has `cores`."""

    process: psutil.Popen
    log: Path
    turn: int = 0

    def check_alive(self) -> None:
        if (code := self.process.poll()) is not None:
            raise InvalidRunError(f"{self._ended(code)} during the run. The end of its log:\n{last_lines(self.log)}")

    def is_ready(self) -> bool:
        """Whether it answers that it is ready. Raises LabError when it has ended."""
        if (code := self.process.poll()) is not None:
            raise LabError(f"{self._ended(code)} while starting. The end of its log:\n{last_lines(self.log)}")
        return _status(f"{self.url}/readyz") == 200

    def wait_ready(self) -> None:
        """Raises LabError when it has not got ready in time."""
        if not wait_until(self.is_ready, _READY_WITHIN_S):
            raise LabError(
                f"{self.url}/readyz did not answer 200 within {_READY_WITHIN_S} s. The end of the log:\n"
                f"{last_lines(self.log)}"
            )
        if isinstance(self.contender, Contender) and self.contender.cores and self.contender.workers > 1:
            pin_workers(self.process, self.contender.cores, self.turn)

    def _ended(self, code: int) -> str:
        return f"the {self.contender.name} server ended (exit code {code})"


@contextmanager
def serving(contender: Contender | Target, es_url: str, log: Path, root: Path = PROJECT) -> Iterator[Server]:
    """A ready server, as `starting` gives it. Raises LabError when it does not get ready, too."""
    with starting(contender, es_url, log, root) as server:
        server.wait_ready()
        yield server


@contextmanager
def starting(
    contender: Contender | Target, es_url: str, log: Path, root: Path = PROJECT, turn: int = 0
) -> Iterator[Server]:
    """A server that may not be ready yet: of a contender on a free port of the loopback interface; or the target
    itself, left as it is. `root` is the checkout whose code runs; `turn` decides which cores it runs on, where it may
    not use all.

    Raises LabError when the target does not answer, or the machine has fewer cores than the contender.
    """
    if isinstance(contender, Target):
        yield _found(contender)
    else:
        with _started(contender, es_url, log, root, turn) as server:
            yield server


def _found(target: Target) -> Server:
    if _status(f"{target.url}/readyz") != 200 and _status(f"{target.url}/") is None:
        raise LabError(f"{target.url} does not answer: start the service there, or give the address of one that runs")
    is_seen = is_local(target.url) and target.agent is None
    return Server(target, target.url, root_pid(target.port) if is_seen else None)


@contextmanager
def _started(contender: Contender, es_url: str, log: Path, root: Path, turn: int) -> Iterator[Server]:
    contender.check_cores()
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name != "PORT"}
    environ = {**inherited, **contender.environ(es_url), "LAB_PORT": str(port)}
    cores = _cores(contender, turn)
    with ExitStack() as started:
        with starting_on(cores):
            process = started.enter_context(running(contender.command, environ, log, grace_s=_STOP_WITHIN_S, cwd=root))
        yield StartedServer(contender, f"http://{HOST}:{port}", process.pid, cores, process=process, log=log, turn=turn)


def _cores(contender: Contender, turn: int) -> frozenset[int] | None:
    """Of all workers together."""
    if contender.cores is None:
        return None
    available = machine_cores()
    return frozenset(allotted(min(contender.cores * contender.workers, len(available)), turn, available))


def serve(contender: Contender, es_url: str) -> NoReturn:
    """Become the contender's server, which says itself where it listens. The user's `LAB_…` variables come first."""
    command = contender.command
    os.execve(command[0], command, contender.environ(es_url) | os.environ)


def await_answering(url: str, log: Path) -> None:
    """Until a GET has an HTTP answer, of whatever status. Raises LabError with the log's end where there is none."""
    if not wait_until(lambda: is_answering(url), _READY_WITHIN_S):
        raise LabError(f"{url} did not answer in {_READY_WITHIN_S} s. The end of the log:\n{last_lines(log)}")


def is_answering(url: str) -> bool:
    """Whether a GET has an HTTP answer, of whatever status."""
    return _status(f"{url}/") is not None


def _status(url: str) -> int | None:
    """What a GET is answered; None where there is no HTTP answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def free_port() -> int:
    """A port of the loopback interface on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
