"""What is the lab's is told from what is not, and a process that waits for a core says so."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from loadtests.resources.affinity import machine_cores, starting_on
from loadtests.resources.kernel import run_queue_wait_s
from loadtests.resources.other_work import Processes, read_host

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
GRANDCHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])"


@pytest.mark.parametrize("code", [BURN, GRANDCHILD])
def test_what_the_lab_starts_is_the_lab_s(code: str) -> None:
    ours = Processes()
    before_s = ours.cpu_s()
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as burner:
        assert burner.stdout is not None
        burner.stdout.readline()
        assert ours.cpu_s() - before_s >= 0.3
        burner.communicate(b"\n")
    assert ours.cpu_s() - before_s >= 0.3  # also when it has ended


def test_a_process_that_is_named_twice_counts_once() -> None:
    once, twice = Processes(), Processes([os.getpid(), os.getppid(), os.getppid()])
    assert 0 < once.cpu_s() <= twice.cpu_s()
    assert Processes([os.getpid()]).cpu_s() == pytest.approx(once.cpu_s(), rel=0.1)


def test_a_host_is_never_more_idle_than_it_has_cores() -> None:
    before = read_host(0.0)
    sum(range(1_000_000))
    after = read_host(0.0)
    assert after.cores >= 1
    assert 0 <= after.idle_s - before.idle_s <= after.cores * (after.at_s - before.at_s) + 0.02 * after.cores
    assert after.since(before).foreign_cores <= after.cores + 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_two_processes_on_one_core_wait_for_each_other() -> None:
    with starting_on({machine_cores()[0]}):
        pair = [
            subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(2)
        ]
    for one in pair:
        assert one.stdout is not None
        one.stdout.readline()
    waited_s = [run_queue_wait_s(one.pid) for one in pair]
    for one in pair:
        one.communicate(b"\n")
    assert max(wait_s or 0.0 for wait_s in waited_s) >= 0.1
    with pytest.raises(psutil.NoSuchProcess):
        run_queue_wait_s(pair[0].pid)
