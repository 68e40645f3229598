"""With LAB_CORES each worker runs on a core of its own, and a new one on that of the worker whose place it takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

import psutil
import pytest

from shared.settings import Settings, SettingsError, Twin
from tests.affinity import Workers, are_on, worker_on, workers_of
from tests.conftest import free_port
from tests.twins.served import ROOT, served
from tests.waiting import eventually

if sys.platform != "linux":
    pytest.skip("the tests choose cores", allow_module_level=True)

AVAILABLE = sorted(os.sched_getaffinity(0))
NOWHERE = "http://127.0.0.1:9"
FIRST, SECOND = AVAILABLE[0], AVAILABLE[-1]
needs_two_cores = pytest.mark.skipif(len(AVAILABLE) < 2, reason="one core is no choice")


@contextmanager
def serving(twin: Twin, workers: int, cores: str) -> Iterator[Callable[[], Workers]]:
    """What tells its workers."""
    given = {"LAB_WORKERS": str(workers), "LAB_CORES": cores, "LAB_ES_URL": NOWHERE}
    with served(twin, **given) as (process, _):
        yield lambda: workers_of(psutil.Process(process.pid))


@needs_two_cores
@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.robustness)])
def test_a_worker_that_is_started_again_has_the_free_core(twin: Twin, number: signal.Signals) -> None:
    with serving(twin, 2, f"{FIRST},{SECOND}") as found:
        for core in (SECOND, FIRST, FIRST):
            ended = worker_on(core, eventually(lambda: now if are_on(now := found(), FIRST, SECOND) else {}))
            os.kill(ended, number)
            eventually(lambda ended=ended: ended not in found())  # type: ignore[misc]
        eventually(lambda: are_on(found(), FIRST, SECOND))


@needs_two_cores
@pytest.mark.robustness
def test_workers_that_are_all_restarted_have_each_core_again(twin: Twin) -> None:
    with serving(twin, 2, f"{FIRST},{SECOND}") as found:
        former = eventually(lambda: now if are_on(now := found(), FIRST, SECOND) else {})
        os.kill(psutil.Process(next(iter(former))).ppid(), signal.SIGHUP)
        eventually(lambda: not former.keys() & found().keys() and are_on(found(), FIRST, SECOND))


@needs_two_cores
@pytest.mark.robustness
def test_more_workers_than_cores_begin_again_at_the_first(twin: Twin) -> None:
    with serving(twin, 3, f"{SECOND},{FIRST}") as found:
        eventually(lambda: are_on(found(), SECOND, FIRST, SECOND))


def test_a_single_worker_runs_on_the_first_of_them(twin: Twin) -> None:
    given = {"LAB_CORES": f"{SECOND},{FIRST}", "LAB_ES_URL": NOWHERE}
    with served(twin, **given) as (process, _):
        server = psutil.Process(process.pid)
        worker = server.children()[0] if twin == "sync" else server
        assert {tuple(os.sched_getaffinity(thread.id)) for thread in worker.threads()} == {(SECOND,)}


@pytest.mark.parametrize("cores", ["99999", "all", f"{FIRST}-"])
def test_other_cores_are_refused_at_the_start_with_those_that_there_are(twin: Twin, cores: str) -> None:
    there_are = ",".join(map(str, AVAILABLE))
    assert refusal(twin, cores) == (
        f"LAB_CORES='{cores}': give a list such as 0-3 or 0,2 of the cores that there are: {there_are}\n"
    )


@needs_two_cores
def test_a_core_that_the_server_was_not_given_is_refused(twin: Twin) -> None:
    assert "of the cores that there are: " + str(FIRST) in refusal(
        twin, str(SECOND), "taskset", "--cpu-list", str(FIRST)
    )


def refusal(twin: Twin, cores: str, *prefix: str) -> str:
    run = subprocess.run(
        [*prefix, sys.executable, "-m", f"{twin}_app"],
        cwd=ROOT,
        env=os.environ | {"LAB_CORES": cores, "LAB_PORT": str(free_port())},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1
    return run.stderr


def test_a_system_that_lets_nobody_choose_refuses_them(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity")
    pinning = import_module(f"{twin}_app.pinning")
    assert pinning.cores(Settings.from_environ({}, twin)) == []
    with pytest.raises(
        SettingsError, match=r"^LAB_CORES='0': this system lets no process choose its cores: leave it out$"
    ):
        pinning.cores(Settings.from_environ({"LAB_CORES": "0"}, twin))
