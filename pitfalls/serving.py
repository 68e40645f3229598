"""A form of an exhibit as a process that serves, and questions put to it."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

import psutil

from loadtests.children import last_lines, running
from loadtests.errors import LabError
from loadtests.servers import HOST
from loadtests.waiting import wait_until

_LISTENS_WITHIN_S = 30
_STOP_WITHIN_S = 5


@dataclass(frozen=True)
class Response:
    """What came back for one request."""

    status: int
    body: str


@dataclass(frozen=True)
class Served:
    """A form that listens; `process` is the root of its process tree."""

    port: int
    process: psutil.Popen
    log: Path

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    @property
    def logged(self) -> str:
        """All that it wrote to its log until now."""
        return self.log.read_text(errors="replace")

    def get(self, path: str = "/", timeout_s: float = 30) -> Response:
        """One question on a connection of its own. Raises TimeoutError, or OSError when the connection breaks."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return Response(response.status, response.read().decode())
        finally:
            connection.close()

    def listens(self) -> bool:
        """Whether it takes connections. Raises LabError when it has ended."""
        if (code := self.process.poll()) is not None:
            raise LabError(f"the server ended (exit code {code}). The end of its log:\n{last_lines(self.log)}")
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


@contextmanager
def serving(command: Sequence[str], environ: Mapping[str, str], port: int, log: Path) -> Iterator[Served]:
    """The command as a process that listens on `port`. Raises LabError when it does not."""
    with running(command, environ, log, grace_s=_STOP_WITHIN_S) as process:
        served = Served(port, process, log)
        _await_listening(served)
        yield served


def new_log(folder: Path, path: Path) -> Path:
    """An empty file for what the form at `path` logs: named after its exhibit and itself."""
    descriptor, name = mkstemp(prefix=f"{path.parent.name}-{path.stem}-", suffix=".log", dir=folder)
    os.close(descriptor)
    return Path(name)


def _await_listening(served: Served) -> None:
    """Connects and sends nothing: the first request is left to the demonstration."""
    if not wait_until(served.listens, _LISTENS_WITHIN_S):
        raise LabError(f"{served.url} did not listen in {_LISTENS_WITHIN_S} s. Its log:\n{last_lines(served.log)}")
