"""A service under load: a contender's fresh server, started and stopped here; or a running service."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psutil

from loadtests import environment
from loadtests.access import OPEN, Access
from loadtests.checkout import PROJECT
from loadtests.children import last_lines, running
from loadtests.contenders import Contender
from loadtests.environment import OURS
from loadtests.errors import InvalidRunError, LabError
from loadtests.resources.affinity import allotted, machine_cores, pin_workers, starting_on
from loadtests.resources.listeners import root_pid
from loadtests.resources.quotas import entering, limited
from loadtests.targets import Target, is_local
from loadtests.waiting import wait_until

HOST = "127.0.0.1"
_READY_WITHIN_S = 60
_STOP_WITHIN_S = 15


@dataclass(frozen=True)
class Server:
    """A service at `url` (no trailing slash); `pid` is the root of its process tree, if the lab sees it."""

    contender: Contender | Target
    url: str
    pid: int | None

    cores: frozenset[int] | None = None
    """Those that it was started on; None where it may use all."""

    def check_alive(self) -> None:
        """Raises InvalidRunError when the server has ended, if the lab sees it."""
        if self.pid is not None and not psutil.pid_exists(self.pid):
            raise InvalidRunError(f"the server at {self.url} ended during the run")

    def wait_ready(self) -> None:
        """Do nothing: a running service is ready."""


@dataclass(frozen=True, kw_only=True)
class StartedServer(Server):
    """A server that the lab started. `turn` decides which of the `available` cores its workers get, where its contender
    has `cores`; None for the machine's."""

    process: psutil.Popen
    log: Path
    turn: int = 0
    available: frozenset[int] | None = None

    def check_alive(self) -> None:
        if (code := self.process.poll()) is not None:
            raise InvalidRunError(f"{self._ended(code)} during the run. The end of its log:\n{last_lines(self.log)}")

    def is_ready(self) -> bool:
        """Whether it reports that it is ready. Raises LabError when it has ended."""
        if (code := self.process.poll()) is not None:
            raise LabError(f"{self._ended(code)} while starting. The end of its log:\n{last_lines(self.log)}")
        return _status(f"{self.url}/readyz") == 200

    def wait_ready(self) -> None:
        """Raises LabError when it is not ready in time."""
        if not wait_until(self.is_ready, _READY_WITHIN_S):
            raise LabError(
                f"{self.url}/readyz did not return 200 within {_READY_WITHIN_S} s. The end of the log:\n"
                f"{last_lines(self.log)}"
            )
        contender = self.contender
        if isinstance(contender, Contender) and contender.cores and contender.workers > 1:
            available = machine_cores() if self.available is None else self.available
            pin_workers(self.process, contender.workers, contender.cores, self.turn, available)

    def _ended(self, code: int) -> str:
        return f"the {self.contender.name} server ended (exit code {code})"


@contextmanager
def serving(
    contender: Contender | Target,
    es_url: str,
    log: Path,
    root: Path = PROJECT,
    access: Access = OPEN,
    available: Collection[int] | None = None,
) -> Iterator[Server]:
    """A ready server, as `starting` gives it. Raises LabError also when it does not get ready."""
    with starting(contender, es_url, log, root, access, available=available) as server:
        server.wait_ready()
        yield server


@contextmanager
def starting(
    contender: Contender | Target,
    es_url: str,
    log: Path,
    root: Path = PROJECT,
    access: Access = OPEN,
    turn: int = 0,
    available: Collection[int] | None = None,
) -> Iterator[Server]:
    """A server that may not be ready yet: a contender's on a free port of the loopback interface, or the target itself,
    left as it is. `root` is the checkout whose code runs; `access` is the access to Elasticsearch; `turn` decides which
    of the `available` cores it runs on, where it may not use all of them; None for the machine's.

    Raises LabError when the target does not respond, the machine has fewer cores than the contender, or the lab can't
    give it its quota.
    """
    if isinstance(contender, Target):
        yield _found(contender)
    else:
        chosen = contender.environ(es_url, access)
        with _started(contender, chosen, log, root, turn, available) as server:
            yield server


def _found(target: Target) -> Server:
    if _status(f"{target.url}/readyz") != 200 and _status(f"{target.url}/") is None:
        raise LabError(f"{target.url} does not respond: start the service there, or give the address of one that runs")
    is_seen = is_local(target.url) and target.agent is None
    return Server(target, target.url, root_pid(target.port, target.host) if is_seen else None)


@contextmanager
def _started(
    contender: Contender,
    chosen: Mapping[str, str],
    log: Path,
    root: Path,
    turn: int,
    available: Collection[int] | None,
) -> Iterator[Server]:
    contender.check_cores(available)
    port = free_port()
    inherited = {name: value for name, value in environment.started().items() if name not in OURS}
    environ = {**inherited, **chosen, "LAB_HOST": HOST, "LAB_PORT": str(port)}
    cores = _cores(contender, turn, available)
    with ExitStack() as started:
        command = entering(started.enter_context(limited(contender.quota)), contender.command)
        with starting_on(cores):
            process = started.enter_context(running(command, environ, log, grace_s=_STOP_WITHIN_S, cwd=root))
        url, given = f"http://{HOST}:{port}", None if available is None else frozenset(available)
        yield StartedServer(contender, url, process.pid, cores, process=process, log=log, turn=turn, available=given)


def _cores(contender: Contender, turn: int, available: Collection[int] | None) -> frozenset[int] | None:
    """Of all workers together; None where they may use all of the machine."""
    if contender.cores is None:
        return None if available is None else frozenset(available)
    cores = machine_cores() if available is None else available
    return frozenset(allotted(min(contender.cores * contender.workers, len(cores)), turn, cores))


def serve(contender: Contender, es_url: str, access: Access) -> NoReturn:
    """Become the contender's server, which prints its own address. The user's `LAB_…` variables come first; another
    Elasticsearch does not get the API key of this one."""
    command = contender.command
    port = {"PORT": os.environ["PORT"]} if os.environ.get("PORT") else {}
    theirs = environment.started(**port)
    chosen = contender.environ(es_url, OPEN if theirs.get("LAB_ES_URL") else access)
    os.execve(command[0], command, chosen | theirs)


def await_response(url: str, log: Path) -> None:
    """Wait until a GET has an HTTP response of any status. Raises LabError, with the log's end, when there is none."""
    if not wait_until(lambda: is_responding(url), _READY_WITHIN_S):
        raise LabError(f"{url} did not respond in {_READY_WITHIN_S} s. The end of the log:\n{last_lines(log)}")


def is_responding(url: str) -> bool:
    """Whether a GET has an HTTP response of any status."""
    return _status(f"{url}/") is not None


def _status(url: str) -> int | None:
    """The status of a GET; None without an HTTP response."""
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
    """A port of the loopback interface on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
