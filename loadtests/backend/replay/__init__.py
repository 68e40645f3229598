"""The replayed backend: a process that gives a real Elasticsearch's responses again, each after a delay.

It outlives the command that starts it, as the embedded node does, and is found by its command line alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from loadtests import environment
from loadtests.access import OPEN, Access
from loadtests.backend import certificate, cluster, processes
from loadtests.backend.preflight import is_free
from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.children import last_lines
from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.load.delay import Delay
from loadtests.locks import exclusive
from loadtests.targets import Target
from loadtests.waiting import wait_until

HOST = "127.0.0.1"
SEED = "twinlab"
CONTROL = b"/_replay/"
AUTHORIZATION = "REPLAY_AUTHORIZATION"
"""The variable with the value of the header for the recorded Elasticsearch: a command line would show it to all."""
PORT_TAKEN = os.EX_TEMPFAIL
"""The exit code of a server whose port another process has."""
TLS_PORT_OFFSET = 100
"""From its port to the one on which it speaks TLS."""
_HOME, _PORT, _CERTIFICATE = "--home=", "--port=", "--certificate="
_FIRST_PORT, _LAST_PORT = 9_280, 9_379
_READY_WITHIN_S = 20
_TIMEOUT_S = 10


@dataclass(frozen=True)
class Replay:
    """The replay of a checkout, whose folder is `home`; it runs as process `pid` at `port`.

    It speaks TLS too, if it has a certificate.
    """

    home: Path
    port: int
    pid: int
    certificate: Path | None = None

    @property
    def url(self) -> str:
        """Its URL, for the twins."""
        return f"http://{HOST}:{self.port}"

    def asked_by(self, contender: Contender | Target) -> tuple[str, Access]:
        """The URL that a contender asks, and what it needs for it. Raises LabError."""
        if not (isinstance(contender, Contender) and contender.tls):
            return self.url, OPEN
        if self.certificate is None:
            raise LabError(f"the contender {contender.name} needs a replay that speaks TLS, and so openssl: install it")
        return f"https://{HOST}:{self.port + TLS_PORT_OFFSET}", Access(ca_certs=self.certificate)

    def rehearse(self) -> None:
        """Forget all, and record from now on, without delays. Raises LabError."""
        self._told("rehearse")

    def open(self) -> None:
        """Record what is not known, from now on, with delays: as it starts. Raises LabError."""
        self._told("open")

    def seal(self) -> int:
        """Refuse from now on what is not recorded; returns how many responses are. Raises LabError."""
        self.check()
        recorded: int = self._told("seal")["recorded"]
        return recorded

    def check(self) -> None:
        """Raises LabError when a service asked what could not be replayed."""
        told = self._told("")
        if told["refusals"]:
            raise LabError(
                f"the replayed backend refused {told['refusals']} requests, first {told['refused'][0]}: take another "
                "workload, or the real Elasticsearch (leave BACKEND=replay out)"
            )

    def _told(self, command: str) -> Any:
        connection = HTTPConnection(HOST, self.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", CONTROL.decode() + command)
            return json.load(connection.getresponse())
        except (OSError, HTTPException) as error:
            raise LabError(
                f"the replayed backend at {self.url} does not respond ({error}); the end of its log:\n"
                f"{last_lines(_log(self.home))}"
            ) from error
        finally:
            connection.close()


def start(
    upstream_url: str, authorization: str | None, ca_certs: Path | None, delay: Delay, console: Console, home: Path
) -> Replay:
    """Start the checkout's replay of this Elasticsearch, in the place of one that replays otherwise.

    Raises LabError.
    """
    options = [f"{_HOME}{home}", f"--delay={delay}", f"--upstream={cluster.redacted(upstream_url)}"]
    options += [f"--ca-certs={ca_certs}"] if ca_certs else []
    made_in = home / "replay-certificate"
    options += [f"{_CERTIFICATE}{certificate.certificate_in(made_in)}"] if certificate.can_be_made() else []
    with exclusive(home / "replay.lock", "another start or stop of the replayed backend", console):
        running = _running(home)
        if running and authorization is None and {*options} <= {*running.cmdline()}:
            known = _known(home, running)
            known.open()
            return known
        processes.end([running] if running else [])
        if certificate.can_be_made():
            certificate.certificate(made_in)
        return _start(options, {AUTHORIZATION: authorization} if authorization else {}, home)


def stop(console: Console, home: Path = LAB_DIR) -> bool:
    """Stop it and wait until it has gone. Returns False when it did not run."""
    with exclusive(home / "replay.lock", "another start or stop of the replayed backend", console):
        running = _running(home)
        processes.end([running] if running else [])
        return running is not None


def _running(home: Path) -> psutil.Process | None:
    return next(iter(processes.bearing(f"{_HOME}{home}")), None)


def _known(home: Path, process: psutil.Process) -> Replay:
    words = process.cmdline()
    port = next(word.removeprefix(_PORT) for word in words if word.startswith(_PORT))
    return Replay(home, int(port), process.pid, _certificate(words))


def _certificate(words: list[str]) -> Path | None:
    """The one that a command line names."""
    return next((Path(word.removeprefix(_CERTIFICATE)) for word in words if word.startswith(_CERTIFICATE)), None)


def _start(options: list[str], secret: dict[str, str], home: Path) -> Replay:
    """Start it on the first port that is free, or the next where another process takes that at the same moment.

    The port for TLS is free too.
    """
    for port in range(_FIRST_PORT, _LAST_PORT + 1):
        if not (is_free(port) and is_free(port + TLS_PORT_OFFSET)):
            continue
        process = _started([*options, f"{_PORT}{port}"], secret, home)
        if _becomes_ready(process, home, port):
            return Replay(home, port, process.pid, _certificate(options))
        if process.returncode != PORT_TAKEN:
            raise LabError(
                f"the replayed backend ended while it started. The end of its log:\n{last_lines(_log(home))}"
            )
    raise LabError(f"the replayed backend needs a port from {_FIRST_PORT} to {_LAST_PORT}, and none is free")


def _started(options: list[str], secret: dict[str, str], home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-E", "-m", f"{__name__}.server", *options]
    with _log(home).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment.started(**secret),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _becomes_ready(process: subprocess.Popen[bytes], home: Path, port: int) -> bool:
    """False when it ends instead. Raises LabError when it takes too long."""
    is_over = False
    try:
        is_over = wait_until(lambda: process.poll() is not None or _is_it(process.pid, home, port), _READY_WITHIN_S)
    finally:
        if not is_over:
            process.kill()
            process.wait()
    if not is_over:
        raise LabError(
            f"the replayed backend did not respond within {_READY_WITHIN_S} s. The end of its log:\n"
            f"{last_lines(_log(home))}"
        )
    return process.poll() is None


def _is_it(pid: int, home: Path, port: int) -> bool:
    """Whether this very process responds there."""
    try:
        told = Replay(home, port, pid)._told("")
    except (LabError, ValueError):
        return False
    return isinstance(told, dict) and told.get("pid") == pid


def _log(home: Path) -> Path:
    return home / "replay.log"
