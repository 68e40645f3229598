"""A load worker: it brings generator processes to a waiting comparison, on this host or another."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests.children import last_lines, running
from loadtests.errors import LabError
from loadtests.load.conductor import EXECUTOR
from loadtests.load.locust_process import locust_command, worker_environ
from loadtests.options import WorkerOptions
from loadtests.waiting import wait_until
from shared import addresses

FIRST_WITHIN_S = 300
NEXT_WITHIN_S = 60
"""The time that a worker waits for its first pair, and for each further pair: between pairs there is no master."""
_GONE_WITHIN_S = 5
_CONNECT_S = 1.0
_STOP_WITHIN_S = 5


def work(options: WorkerOptions, console: Console) -> None:
    """Serve as a process of each pair, until there has been no further pair for a minute.

    Raises LabError when no master is there in time, or a process fails.
    """
    host, port = options.master
    address = addresses.with_port(host, port)
    console.print(f"waiting for a comparison at {address}", highlight=False)
    if not _is_awaited(host, port, FIRST_WITHIN_S):
        raise LabError(
            f"nothing waited for load workers at {address} within {FIRST_WITHIN_S} s: "
            f"start the comparison there by make bench MASTER={address} PROCESSES=…"
        )
    pairs = 0
    while _is_awaited(host, port, NEXT_WITHIN_S):
        _serve(host, port)
        pairs += 1
        console.print(f"{pairs} pairs done", highlight=False)
        _let_go(host, port)


def _serve(host: str, port: int) -> None:
    """Run a fresh process until the master lets it go."""
    master = ["--worker", "--master-host", host, "--master-port", str(port)]
    with TemporaryDirectory(prefix="twinlab-") as made:
        log = Path(made) / "worker.log"
        command = [*locust_command("http://127.0.0.1", EXECUTOR), *master]
        with running(command, worker_environ(), log, grace_s=_STOP_WITHIN_S, stdout=subprocess.DEVNULL) as process:
            if code := process.wait():
                raise LabError(f"the load worker ended (exit code {code}). The end of its log:\n{last_lines(log)}")


def _is_awaited(host: str, port: int, within_s: float) -> bool:
    """Whether something listens there in time."""
    return wait_until(lambda: _listens(host, port), within_s)


def _let_go(host: str, port: int) -> None:
    """Wait until the pair's master has gone, which is soon: a worker that came to it now would wait for nothing."""
    wait_until(lambda: not _listens(host, port), _GONE_WITHIN_S)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_CONNECT_S).close()
    except OSError:
        return False
    return True
