"""Processes identified by an argument of their command line, which no process with a reused id has."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence

import psutil

_GRACE_S = 30


def bearing(*arguments: str) -> list[psutil.Process]:
    """The running processes with any of these arguments."""
    wanted = set(arguments)
    return [
        process for process in psutil.process_iter(["cmdline"]) if wanted.intersection(process.info["cmdline"] or ())
    ]


def with_prefix(prefix: str) -> dict[str, psutil.Process]:
    """The running processes with an argument of this prefix, by the rest of the argument."""
    return {
        argument.removeprefix(prefix): process
        for process in psutil.process_iter(["cmdline"])
        for argument in process.info["cmdline"] or ()
        if argument.startswith(prefix)
    }


def end(processes: Sequence[psutil.Process]) -> None:
    """Send SIGTERM to all, kill the rest after a while, and return when all are gone."""
    _send(signal.SIGTERM, processes)
    _, stubborn = psutil.wait_procs(processes, timeout=_GRACE_S)
    _send(signal.SIGKILL, stubborn)
    psutil.wait_procs(stubborn)


def _send(number: signal.Signals, processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
