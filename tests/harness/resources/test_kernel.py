"""CPU time of another process, beside what that process says of itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from loadtests.resources.kernel import cpu_s

BURN = """
import time
def burn():
    while time.thread_time() < 0.1: pass
"""
IN_ITS_THREAD = "burn()"
IN_A_THREAD_THAT_ENDED = """
import threading
thread = threading.Thread(target=burn)
thread.start()
thread.join()
"""
TELL = """
print(time.process_time(), flush=True)
input()
"""
TELLING_S = 0.02
"""What telling it may cost, until it waits for input."""


@contextmanager
def burnt(where: str) -> Iterator[tuple[psutil.Process, float]]:
    """A process that waits, and the CPU time that it knows of."""
    command = [sys.executable, "-c", BURN + where + TELL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield psutil.Process(process.pid), float(process.stdout.readline())
        process.communicate("\n")


@pytest.mark.parametrize("where", [IN_ITS_THREAD, IN_A_THREAD_THAT_ENDED])
def test_it_is_what_the_process_says_of_itself(where: str) -> None:
    with burnt(where) as (process, told_s):
        assert told_s >= 0.1
        assert told_s <= cpu_s(process) <= told_s + TELLING_S


def test_the_time_of_a_process_that_has_ended_is_not_known() -> None:
    with burnt(IN_ITS_THREAD) as (process, _):
        pass
    with pytest.raises(psutil.NoSuchProcess):
        cpu_s(process)
