"""Processes that the lab starts for a block of code, and always stops by their own ids."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from loadtests.checkout import PROJECT
from loadtests.interrupts import held

_KILL_S = 10


@contextmanager
def running(
    command: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    *,
    grace_s: float,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
    cwd: Path = PROJECT,
) -> Iterator[psutil.Popen]:
    """Start a process in a session of its own, which Ctrl-C does not reach. It logs to `log`, and stops with the
    block."""
    process = None
    with log.open("ab") as output:
        try:
            with held():
                process = psutil.Popen(
                    command,
                    cwd=cwd,
                    env=environ,
                    stdin=stdin,
                    stdout=output if stdout is None else stdout,
                    stderr=output,
                    start_new_session=True,
                )
            yield process
        finally:
            if process is not None:
                with held():
                    _stop(process, grace_s)


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def output_lines(process: psutil.Popen) -> queue.SimpleQueue[str]:
    """The lines of its piped standard output, as they come, and an empty text at their end."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
    return lines


def _forward(stdout: IO[bytes], lines: queue.SimpleQueue[str]) -> None:
    for line in stdout:
        lines.put(line.decode())
    lines.put("")


def _stop(process: psutil.Popen, grace_s: float) -> None:
    """Send SIGTERM to the process itself; kill what is left of its session `grace_s` later."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    _, left = psutil.wait_procs([process, *_session(process.pid)], timeout=grace_s)
    for survivor in left:
        with suppress(psutil.NoSuchProcess):
            survivor.kill()
    psutil.wait_procs(left, timeout=_KILL_S)


def _session(leader: int) -> list[psutil.Process]:
    """The other processes of the session, including those whose parent has ended."""
    return [other for other in psutil.process_iter() if other.pid != leader and _session_of(other) == leader]


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None
