"""CPU time of another process, beside what that process says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from loadtests.resources import kernel
from loadtests.resources.kernel import cpu_s, pss_bytes

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


SHARED_BYTES = 32 * 2**20
MAPS = """
import mmap, sys
with open(sys.argv[1], "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
    sum(pages[at] for at in range(0, len(pages), mmap.PAGESIZE))
    print(flush=True)
    input()
"""


def test_a_page_that_two_processes_share_counts_half_for_each(tmp_path: Path) -> None:
    """Beside RSS, which counts it twice."""
    (tmp_path / "shared").write_bytes(bytes(SHARED_BYTES))
    with mapping(tmp_path / "shared") as one:
        alone_bytes = told_bytes(one)
        with mapping(tmp_path / "shared") as other:
            halves_bytes = told_bytes(one), told_bytes(other)
            assert psutil.Process(other).memory_info().rss > SHARED_BYTES
    assert alone_bytes > SHARED_BYTES
    assert max(halves_bytes) < alone_bytes - 0.4 * SHARED_BYTES


@contextmanager
def mapping(path: Path) -> Iterator[int]:
    """The id of a process that has mapped and read all of the file."""
    command = [sys.executable, "-c", MAPS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
        yield process.pid
        process.communicate("\n")


def told_bytes(pid: int) -> int:
    found = pss_bytes(psutil.Process(pid))
    assert found is not None
    return found


def test_the_pss_of_a_process_that_has_ended_is_not_known() -> None:
    with burnt(IN_ITS_THREAD) as (process, _):
        pass
    with pytest.raises(psutil.NoSuchProcess):
        pss_bytes(process)


def test_the_pss_of_a_process_that_its_parent_has_not_waited_for_is_not_known() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(psutil.NoSuchProcess):
            pss_bytes(psutil.Process(process.pid))


def test_a_kernel_that_does_not_tell_pss_gives_none_and_never_rss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_tells_pss", lambda: False)
    assert pss_bytes(psutil.Process()) is None
