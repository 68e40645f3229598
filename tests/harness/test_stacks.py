"""What a contender runs on is said before it starts: its packages by a lock, its Python by a name."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.checkout import LAB_DIR, PROJECT
from loadtests.conditions import of_comparison
from loadtests.contenders import Contender, named
from loadtests.errors import LabError
from loadtests.options import BenchOptions, GateOptions, OverheadOptions, SizeOptions
from loadtests.stacks import Installation, interpreter, versions
from tests.harness.conftest import BACKEND
from tests.harness.standin import CATALOGUE

TODAY = Installation("today")
UNREACHABLE = {"UV_OFFLINE": "1", "UV_NO_CACHE": "1"}


@pytest.fixture(scope="module")
def today(console: Console) -> Installation:
    TODAY.make(console, "the tests")
    return TODAY


def test_the_twins_run_on_the_labs_own_python() -> None:
    for name in ("sync", "async", "sync-gevent", "sync-lab-python"):
        assert named(name).command[0] == sys.executable


def test_todays_contenders_run_on_todays_packages() -> None:
    for name in ("flask3", "flask3-pinned", "flask3-gevent", "flask3-granian", "flask3-a2wsgi"):
        assert named(name).command[0] == str(LAB_DIR / "envs" / "today" / "bin" / "python")


def test_a_named_python_is_everyones_but_that_of_contenders_which_stay_on_the_labs() -> None:
    options = SizeOptions.from_environ({"CONTENDER_PYTHON": "/opt/py/bin/python3.13"})
    folders = {name: options.sized(named(name)).installation.folder.name for name in ("sync", "flask3")}
    assert folders == {
        "sync": "contenders-on-opt-py-bin-python3.13",
        "flask3": "today-on-opt-py-bin-python3.13",
    }
    assert options.sized(named("sync-lab-python")).command[0] == sys.executable


def test_an_installation_is_described_by_what_is_in_it(today: Installation) -> None:
    described = today.described()
    assert described["python"] == platform.python_version()
    assert described["interpreter_lock"] == "on"
    assert versions(today.python, ["flask", "werkzeug", "aioflask"]) == {
        "flask": described["packages"]["Flask"],
        "werkzeug": described["packages"]["Werkzeug"],
        "aioflask": "–",
    }
    assert described["packages"]["Flask"].startswith("3.1.")


def test_both_stacks_have_one_version_of_what_both_have(today: Installation) -> None:
    ours, theirs = Installation().described()["packages"], today.described()["packages"]
    assert {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]} == {"Flask", "Werkzeug"}


def test_conditions_tell_what_is_not_the_labs_own(today: Installation) -> None:
    told = of_comparison(BACKEND, CATALOGUE, "get", contenders=[named("sync"), named("flask3")])
    assert told["installations"] == {"today": today.described()}
    assert "installations" not in of_comparison(BACKEND, CATALOGUE, "get", contenders=[named("sync")])


def test_a_contender_that_differs_in_nothing_but_its_python_is_another_one_only_beside_a_named_python() -> None:
    pair = {"CONTENDERS": "sync sync-lab-python"}
    with pytest.raises(LabError, match="sync and sync-lab-python are the same contender"):
        BenchOptions.from_environ(pair)
    BenchOptions.from_environ(pair | {"CONTENDER_PYTHON": sys.executable})


@pytest.fixture
def python_of(tmp_path: Path) -> object:
    """Makes a program that says that it is a Python of this version."""

    def made(words: str) -> str:
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\necho {words}\n")
        program.chmod(0o755)
        return str(program)

    return made


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("3 10 13", "is Python 3.10.13: give 3.11 or newer"),
        ("2 7 18", "is Python 2.7.18: give 3.11 or newer"),
        ("hello", "does not run as Python"),
        ("3 14 0", "Flask 2.1, which aioflask needs, does not run on Python 3.14.0: give 3.13 or older for sync"),
    ],
)
def test_a_python_that_will_not_do_is_refused_before_anything_starts(words: str, fault: str, python_of: object) -> None:
    given = {"A": "sync", "B": "flask3", "CONTENDER_PYTHON": python_of(words)}  # type: ignore[operator]
    with pytest.raises(LabError, match=fault):
        BenchOptions.from_environ(given)


@pytest.mark.parametrize("name", ["python9.9", "/none/python", "."])
def test_a_python_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(LabError, match=f"there is no Python '{name}': give the name or the path of one"):
        interpreter(name)


def test_each_command_takes_a_named_python_to_all_that_it_starts_or_refuses_it() -> None:
    given = {"CONTENDER_PYTHON": sys.executable, "BASE": "results/latest-compare"}
    ran_on = {
        one.installation.base for one in OverheadOptions.from_environ(given).contenders if isinstance(one, Contender)
    }
    assert ran_on == {sys.executable}
    with pytest.raises(LabError, match="a gate runs the Python that its baseline ran: leave it out"):
        GateOptions.from_environ(given)


@pytest.fixture
def second_python(tmp_path: Path) -> Iterator[Path]:
    """Another name of this Python, for which nothing is installed yet."""
    python = tmp_path / "python3"
    python.symlink_to(Path(sys.executable).resolve())
    yield python
    for lock in ("today", "contenders"):
        folder = Installation(lock, str(python)).folder
        folder.with_suffix(".lock").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_lock_that_cant_be_installed_ends_the_run_before_it_starts(second_python: Path) -> None:
    given = {"CONTENDERS": "sync-lab-python flask3", "CONTENDER_PYTHON": str(second_python), "QUICK": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "loadtests", "bench"],
        cwd=PROJECT, env=os.environ | given | UNREACHABLE | {"ES_URL": "http://127.0.0.1:9"}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert ran.returncode == 4
    assert "for flask3, could not be made" in ran.stderr
    assert "Elasticsearch" not in ran.stderr


def test_a_named_python_gets_the_packages_of_the_lock(second_python: Path, console: Console) -> None:
    installation = Installation("today", str(second_python))
    installation.make(console, "the tests")
    assert versions(installation.python, ["flask"]) == versions(TODAY.python, ["flask"])
