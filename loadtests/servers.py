"""A fresh server of one contender: started, awaited, watched and stopped."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtests.children import last_lines, running
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError, LabError
from loadtests.options import RunOptions

HOST = "127.0.0.1"
_READY_WITHIN_S = 60
_STOP_WITHIN_S = 15


@dataclass(frozen=True)
class Server:
    """A twin that answers at `url`; `process` is the root of its process tree."""

    contender: Contender
    process: psutil.Popen
    port: int
    log: Path

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    def check_alive(self) -> None:
        """Raises InvalidRunError when the server has ended."""
        if (code := self.process.poll()) is not None:
            raise InvalidRunError(f"{self._ended(code)} during the run. The end of its log:\n{last_lines(self.log)}")

    def is_ready(self) -> bool:
        """Whether it answers that it is ready. Raises LabError when it has ended."""
        if (code := self.process.poll()) is not None:
            raise LabError(f"{self._ended(code)} while starting. The end of its log:\n{last_lines(self.log)}")
        return _status(self.port, "/readyz") == 200

    def _ended(self, code: int) -> str:
        return f"the {self.contender.name} server ended (exit code {code})"


@contextmanager
def serving(contender: Contender, options: RunOptions, es_url: str, log: Path) -> Iterator[Server]:
    """A ready server on a free port of the loopback interface. Raises LabError when it does not get ready."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if name != "PORT"} | {
        "LAB_PORT": str(port),
        "LAB_ES_URL": es_url,
        "LAB_WORKERS": str(options.workers),
        "LAB_THREADS": str(options.threads),
    }
    with running([sys.executable, "-m", contender.module], environ, log, grace_s=_STOP_WITHIN_S) as process:
        server = Server(contender, process, port, log)
        _await_ready(server)
        yield server


def _await_ready(server: Server) -> None:
    deadline_s = time.perf_counter() + _READY_WITHIN_S
    while not server.is_ready():
        if time.perf_counter() > deadline_s:
            raise LabError(
                f"{server.url}/readyz did not answer 200 within {_READY_WITHIN_S} s. The end of the log:\n"
                f"{last_lines(server.log)}"
            )
        time.sleep(0.05)


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
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
