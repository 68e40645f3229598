"""A quota of CPU time holds for all processes of a server, and its control group goes with the server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from loadtests.checkout import PROJECT
from loadtests.children import running
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.options import PairedOptions
from loadtests.resources import quotas
from loadtests.resources.quotas import entering, limited
from tests.quotas import needs_quota
from tests.waiting import eventually

BURN = "import os; os.fork(); exec('while True: pass')"
"""Two processes, which would use two cores."""
DAEMON = "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(600)"
LOOK_S = 1.0
INTERRUPTED = f"""if True:
    import os, sys, time
    from pathlib import Path
    from loadtests import interrupts
    from loadtests.children import running
    from loadtests.resources.quotas import entering, limited
    interrupts.install()
    with limited(0.5) as group, running(
        entering(group, [sys.executable, "-c", {DAEMON!r}]), os.environ, Path(os.devnull), grace_s=5
    ) as process:
        print(group, flush=True)
        time.sleep(600)
"""
NOBODY = 65534


@contextmanager
def burning(quota: float, folder: Path) -> Iterator[tuple[Path, list[psutil.Process]]]:
    """Its control group and its processes."""
    with (
        limited(quota) as group,
        running(entering(group, [sys.executable, "-c", BURN]), os.environ, folder / "log", grace_s=0.5) as process,
    ):
        eventually(process.children)
        assert group is not None
        yield group, [process, *process.children()]


def cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in processes)


@needs_quota
@pytest.mark.parametrize(("quota", "most_cores"), [(0.5, 0.75), pytest.param(0.1, 0.2, marks=pytest.mark.robustness)])
def test_all_processes_together_use_no_more(quota: float, most_cores: float, tmp_path: Path) -> None:
    with burning(quota, tmp_path) as (_, processes):
        before_s, began_s = cpu_s(processes), time.perf_counter()
        time.sleep(LOOK_S)
        used_cores = (cpu_s(processes) - before_s) / (time.perf_counter() - began_s)
    assert 0 < used_cores < most_cores


@needs_quota
def test_the_group_has_them_all_and_goes_with_them(tmp_path: Path) -> None:
    with burning(0.5, tmp_path) as (group, processes):
        assert {*map(int, (group / "cgroup.procs").read_text().split())} == {one.pid for one in processes}
    assert not group.exists()
    assert not any(one.is_running() for one in processes)


@needs_quota
def test_a_process_that_has_left_the_session_goes_too(tmp_path: Path) -> None:
    with limited(0.5) as group:
        assert group is not None
        command = entering(group, [sys.executable, "-c", DAEMON])
        with running(command, os.environ, tmp_path / "log", grace_s=0.5) as process:
            (daemon,) = eventually(process.children)
            eventually(lambda: os.getsid(daemon.pid) == daemon.pid)
        assert daemon.is_running()
    assert not group.exists()
    eventually(lambda: not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.robustness
@needs_quota
def test_the_group_goes_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"^a failure$"), burning(0.5, tmp_path) as (group, _):
        raise LabError("a failure")
    assert not group.exists()


@needs_quota
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_group_goes_after_an_interrupt(number: signal.Signals) -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout is not None
        group = Path(run.stdout.readline().strip())
        assert group.name.startswith("twinlab-")
        assert group.exists()
        run.send_signal(number)
        run.send_signal(number)
        assert run.wait(timeout=60) != 0
    assert not group.exists()


def test_without_a_quota_there_is_no_group() -> None:
    with limited(None) as group:
        assert group is None
        assert entering(group, ["python", "-V"]) == ["python", "-V"]


@needs_quota
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_who_may_make_no_group_is_told_the_fix() -> None:
    refusal = refused_as(NOBODY)
    assert re.match(
        r"it may not make control groups in /.*: run as root .*or in a scope that systemd delegates", refusal
    )
    assert "systemd-run --user --scope -p Delegate=yes" in refusal


def refused_as(user: int) -> str:
    """What a user is told whom the lab runs as."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.setresuid(user, user, user)
            quotas.check()
        except LabError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        refusal = told.read()
    os.waitpid(pid, 0)
    return refusal


@needs_quota
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount")
def test_groups_that_can_only_be_read_are_told() -> None:
    script = "for one in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mount -o remount,bind,ro $one; done; "
    check = f"exec {sys.executable} -c 'from loadtests.resources import quotas; quotas.check()'"
    command = ["unshare", "--mount", "sh", "-ec", script + check]
    ran = subprocess.run(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert re.search(r"LabError: it may not make control groups in /.*: run as root .*or in a scope", ran.stderr)


def test_another_system_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    named("sync").check_quota()
    expected = "sync-quota has quota = 0.5, and only Linux lets the lab set one: take another contender, or measure on"
    with pytest.raises(LabError, match=expected):
        PairedOptions.from_environ({"A": "sync-quota", "POLICY": "tuned-each"})
