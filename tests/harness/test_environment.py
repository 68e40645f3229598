"""The user's environment reaches nothing that is measured, but what the allow-list or PASS_ENV lets through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from loadtests import conditions, environment
from loadtests.backend.node import Node
from loadtests.checkout import PROJECT
from loadtests.children import running
from loadtests.contenders import FILE, named, read
from loadtests.errors import LabError
from loadtests.load.conductor import conducting
from loadtests.load.orders import Generators
from loadtests.servers import HOST, await_response, starting
from pitfalls.lab import Lab
from tests.conftest import free_port
from tests.harness.standin import CATALOGUE
from tests.quotas import skip_unless_permitted
from tests.waiting import eventually

HOSTILE = {
    "AIOHTTP_NO_EXTENSIONS": "1",
    "BASH_ENV": "/none",
    "ES_JAVA_OPTS": "-Xmx1m",
    "FLASK_DEBUG": "1",
    "FLASK_ENV": "development",
    "FORWARDED_ALLOW_IPS": "*",
    "GEVENT_LOOP": "libuv",
    "GIT_DIR": "/none",
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1",
    "GODEBUG": "gctrace=1",
    "GOMAXPROCS": "1",
    "GUNICORN_CMD_ARGS": "--workers 3",
    "JAVA_TOOL_OPTIONS": "-Xint",
    "JDK_JAVA_OPTIONS": "-Xint",
    "LANG": "tr_TR.ISO-8859-9",
    "LC_CTYPE": "tr_TR.ISO-8859-9",
    "LOCUST_USERS": "7",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_PERTURB_": "1",
    "OPENSSL_CONF": "/none",
    "PORT": "1",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONMALLOC": "debug",
    "PYTHONOPTIMIZE": "2",
    "PYTHONPATH": "/none",
    "PYTHONSAFEPATH": "1",
    "PYTHON_GIL": "1",
    "TZ": "Asia/Kathmandu",
    "UVICORN_WORKERS": "3",
    "UVLOOP_DEBUG": "1",
    "WEB_CONCURRENCY": "3",
}
NOWHERE = "http://127.0.0.1:9"
BY_MAKE = [sys.executable, "-E"]
"""As the Makefile runs a command."""


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)


def strangers(process: psutil.Process) -> set[str]:
    """The variables of a process and its descendants that the lab did not let through."""
    processes = [process, *process.children(recursive=True)]
    names = {name for one in processes for name in one.environ()}
    known = environment.KEPT | {"LC_ALL", "ALLOW", "LOADTEST_PART", "SERVER_SOFTWARE"}  # the last is gunicorn's
    return {name for name in names - known if not name.startswith("LAB_")}


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    "name",
    [name if name in ("sync", "async") else pytest.param(name, marks=pytest.mark.robustness) for name in read(FILE)],
)
def test_a_contender_gets_nothing_of_the_users_environment(name: str, tmp_path: Path, console: Console) -> None:
    contender = named(name)
    skip_unless_permitted(contender)
    contender.installation.make(console, name)
    with starting(contender, NOWHERE, tmp_path / "log", PROJECT) as server:
        await_response(server.url, tmp_path / "log")
        assert server.pid is not None
        process = psutil.Process(server.pid)
        is_apart = contender.server in ("gunicorn", "granian") or contender.workers > 1
        eventually(lambda: len(workers(process)) == (contender.workers if is_apart else 0))
        assert strangers(process) == set()


def test_which_cores_a_contender_has_is_not_the_users_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_CORES", "0")
    with starting(named("sync"), NOWHERE, tmp_path / "log", PROJECT) as server:
        assert "LAB_CORES" not in psutil.Process(server.pid).environ()


@pytest.mark.usefixtures("hostile")
def test_a_load_generator_gets_none_of_it_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".locust.conf").write_text("users = 7\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with conducting(Generators(1), CATALOGUE, tmp_path, workload="mixed", label="") as conductor:
        conductor.wait_ready()
        (pid,) = conductor.pids
        assert strangers(psutil.Process(pid)) == set()
        assert not Path(psutil.Process(pid).environ()["HOME"]).exists()
        conductor.end()


@pytest.mark.usefixtures("hostile")
def test_an_exhibit_gets_none_of_it_either(tmp_path: Path) -> None:
    form = tmp_path / "form.py"
    form.write_text("import json, os; print(json.dumps(dict(os.environ)))")
    told = json.loads(Lab(NOWHERE, tmp_path, Console()).run(form).output)
    assert {name for name in HOSTILE if told.get(name) == HOSTILE[name]} == set()
    assert told["PYTHONPATH"] == str(tmp_path)


@pytest.mark.xdist_group("twins")
@pytest.mark.parametrize("name", ["sync", "async"])
def test_make_serve_goes_through_it_and_heeds_lab_variables(name: str, elasticsearch: Node, tmp_path: Path) -> None:
    port = free_port()
    given = {"PORT": str(port), "LAB_WORKERS": "2", "ES_URL": elasticsearch.url, "BOOKS": "300"}
    command = [*BY_MAKE, "-m", "loadtests", f"serve-{name}"]
    with running(command, os.environ | HOSTILE | given, tmp_path / "log", grace_s=15) as process:
        await_response(f"http://{HOST}:{port}", tmp_path / "log")
        eventually(lambda: len(workers(process)) == 2)
        assert strangers(process) == {"PORT"}


def workers(process: psutil.Process) -> list[psutil.Process]:
    """multiprocessing has a process beside uvicorn's workers."""
    return [child for child in process.children() if "resource_tracker" not in " ".join(child.cmdline())]


@pytest.mark.robustness
def test_make_heeds_no_python_variable(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.py").write_text("raise RuntimeError('the wrong one')")
    given = HOSTILE | {"PYTHONPATH": str(tmp_path), "RATE": "100", "RUN": "results/example/compare"}
    made = subprocess.run(["make", "advise"], cwd=PROJECT, env=os.environ | given, capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")


@pytest.mark.usefixtures("hostile")
def test_the_commit_is_the_labs_own() -> None:
    assert conditions.surroundings()["code"]["commit"] is not None


@pytest.mark.usefixtures("hostile")
def test_what_is_left_out_is_no_condition() -> None:
    assert environment.conditions() == {}


def test_what_is_let_through_by_name_is_a_condition_and_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PYTHONHASHSEED": "0", "BOOKS_API_KEY": "pa55word", "LAB_SECRET": "pa55word" * 2, "LAB_THREADS": "9"}
    for name, value in {**given, "LAB_KEEP_ALIVE_S": "9", "PASS_ENV": "PYTHONHASHSEED BOOKS_API_KEY"}.items():
        monkeypatch.setenv(name, value)
    told = conditions.surroundings()["environment"]
    assert told == {"PYTHONHASHSEED": "0", "BOOKS_API_KEY": "set", "LAB_SECRET": "set", "LAB_KEEP_ALIVE_S": "9"}
    assert "pa55word" not in json.dumps(told)
    assert environment.started().items() >= given.items()
    assert conditions.differences({"environment": {}}, {"environment": {"PYTHONHASHSEED": "0"}}) == [
        "environment.PYTHONHASHSEED: nothing and 0"
    ]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("NO_SUCH_NAME", "PASS_ENV names NO_SUCH_NAME, which is not set: set it, or leave it out"),
        ("PATH,LAB_PORT", "PASS_ENV names LAB_PORT, which the lab sets itself: leave it out"),
        ("PORT", "PASS_ENV names PORT, which the lab sets itself"),
        ("LC_ALL", "PASS_ENV names LC_ALL, which the lab sets itself"),
    ],
)
def test_a_name_that_can_not_be_let_through_is_refused(
    names: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_ENV", names)
    with pytest.raises(LabError, match=reason):
        environment.started()
