"""Contenders are read from a file of tables; a bad one is refused with what is wrong in it."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from loadtests import contenders
from loadtests.contenders import FILE, Contender, named, read
from loadtests.errors import LabError
from loadtests.options import PairedOptions

SIZES = "workers = 2\npool = 50"
GUNICORN = f'title = "t"\napp = "a"\nserver = "gunicorn"\nworker_class = "gthread"\n{SIZES}'
UVICORN = f'title = "t"\napp = "a"\nserver = "uvicorn"\n{SIZES}'


def test_the_contenders_that_there_are() -> None:
    assert {name: contender.slots for name, contender in read(FILE).items()} == {
        "sync": 16,
        "async": 100,
        "sync-gevent": 100,
        "sync-pinned": 16,
        "sync-quota": 16,
        "sync-64": 64,
        "sync-64-pinned": 64,
        "sync-4-workers": 16,
        "sync-switch": 16,
        "sync-threads-fan-out": 16,
        "sync-msearch": 16,
        "sync-lab-python": 16,
        "async-lab-python": 100,
        "flask3": 16,
        "flask3-pinned": 16,
        "flask3-gevent": 100,
        "flask3-granian": 16,
        "flask3-a2wsgi": 16,
        "starlette": 100,
        "fastapi": 100,
        "quart": 100,
        "quart-hypercorn": 100,
        "quart-granian": 100,
        "quart-gunicorn": 100,
        "sync-orjson": 16,
        "async-orjson": 100,
        "async-httpx": 100,
        "sync-compress": 16,
        "async-compress": 100,
        "sync-tls": 16,
        "async-tls": 100,
        "async-4-workers": 100,
        "async-asyncio": 100,
        "async-quota": 100,
        "async-gunicorn": 100,
        "flask-async": 16,
        "sync-async-def": 16,
        "sync-uvicorn": 100,
        "bare-sync": 16,
        "bare-async": 100,
    }


def test_a_contender_is_its_table() -> None:
    assert asdict(named("async-asyncio")) == {
        "name": "async-asyncio",
        "title": "async twin without uvloop (aioflask, uvicorn)",
        "stack": "lab",
        "python": None,
        "app": "async_app",
        "server": "uvicorn",
        "worker_class": None,
        "workers": 1,
        "threads": None,
        "pool": 100,
        "cores": None,
        "quota": None,
        "tls": False,
        "environment": {"LAB_LOOP": "asyncio"},
        "workloads": None,
    }


def test_a_table_that_is_like_another_has_its_keys_but_for_its_own(tmp_path: Path) -> None:
    file = tmp_path / "contenders.toml"
    file.write_text(
        f'[third]\nlike = "second"\nthreads = 9\n[second]\nlike = "first"\ntitle = "s"\n[first]\n{GUNICORN}\n'
    )
    first, second, third = (read(file)[name] for name in ("first", "second", "third"))
    assert second == replace(first, name="second", title="s")
    assert third == replace(second, name="third", threads=9)
    assert [*read(file)] == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ('[one]\nlike = "none"', "one.like: 'none': name another table that does not lead back here: "),
        ('[one]\nlike = "one"', "one.like: 'one': "),
        ('[one]\nlike = "two"\n[two]\nlike = "one"', "two.like: 'one': "),
        ('[one]\nlike = "two"\n[two]\ntitle = "t"', "two.app: Field required"),
        ('one = 1\n[two]\nlike = "one"', "one: Input should be a dictionary"),
        ("[one]\nlike = 3", "one.like: 3: "),
        ("[one]\nlike = []", "one.like: "),
    ],
)
def test_a_table_that_is_like_none_is_refused(tmp_path: Path, tables: str, fault: str) -> None:
    file = tmp_path / "contenders.toml"
    file.write_text(tables)
    with pytest.raises(LabError, match=re.escape(fault)):
        read(file)


@pytest.mark.parametrize(
    ("table", "options", "environ", "slots"),
    [
        (f"{GUNICORN}\nthreads = 8", ["--worker-class", "gthread"], {"LAB_THREADS": "8"}, 16),
        (f'{UVICORN}\nenvironment = {{ LAB_LOG = "json" }}', [], {"LAB_LOG": "json"}, 100),
    ],
)
def test_a_table_is_what_the_server_is_told(
    tmp_path: Path, table: str, options: list[str], environ: dict[str, str], slots: int
) -> None:
    contender = read_one(tmp_path, table)
    sizes = {"LAB_WORKERS": "2", "LAB_ES_POOL_SIZE": "50", "LAB_ES_URL": "http://127.0.0.1:9"}
    assert contender.environ("http://127.0.0.1:9") == environ | sizes
    assert contender.command == [sys.executable, "-m", "a", *options]
    assert contender.slots == slots


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (f"{UVICORN}\nthreads = 0", "one.threads: Input should be greater than or equal to 1"),
        (f"{UVICORN}\ncolour = 1", "one.colour: "),
        ('title = "t"', "one.app: Field required"),
        (
            UVICORN.replace("uvicorn", "apache"),
            "one.server: Input should be 'gunicorn', 'uvicorn', 'granian', 'hypercorn' or 'python'",
        ),
        (f'{UVICORN}\nworker_class = "gevent"', "one: .*worker_class is for gunicorn"),
        (GUNICORN.replace("worker_class", "#"), "one: .*worker_class is for gunicorn"),
        (f'{UVICORN}\nenvironment = {{ LAB_PORT = "1" }}', "one: .*LAB_PORT: the lab sets it"),
        (f'{UVICORN}\nenvironment = {{ PATH = "/" }}', "one.environment.PATH"),
        (f'{UVICORN}\nworkloads = ["get", "gte"]', "one: workloads: gte: give some of mixed, reads, get, search"),
        (f'{UVICORN}\nworkloads = "get"', "one.workloads: "),
        (f"{UVICORN}\nworkloads = []", "one.workloads: "),
        ("title", "can't be read: Expected '='"),
    ],
)
def test_a_bad_table_is_refused_with_its_fault(tmp_path: Path, table: str, fault: str) -> None:
    with pytest.raises(LabError, match=rf"contenders.toml:? .*{fault}"):
        read_one(tmp_path, table)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "contenders.toml"
    file.write_text("one = 1")
    with pytest.raises(LabError, match="one: Input should be a dictionary"):
        read(file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"can't be read: .*No such file"):
        read(tmp_path / "none.toml")


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(LabError, match=r"no contender 'asink': contenders.toml has sync, async, sync-gevent"):
        named("asink")


def read_one(folder: Path, table: str) -> Contender:
    file = folder / "contenders.toml"
    file.write_text(f"[one]\n{table}\n")
    return read(file)["one"]


@pytest.mark.parametrize("cores", [1, 2])
def test_a_contender_may_have_as_many_cores_as_there_are(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(contenders, "machine_cores", lambda: [0, 3])
    replace(named("sync"), cores=cores).check_cores()


def test_more_cores_than_the_machine_has_are_refused_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders, "machine_cores", lambda: [0, 3])
    with pytest.raises(LabError, match="sync has cores = 3, and this machine has 2 for it: give fewer in"):
        replace(named("sync"), cores=3).check_cores()


def test_the_options_of_a_comparison_refuse_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders, "machine_cores", list)
    with pytest.raises(LabError, match="sync-pinned has cores = 1, and this machine has 0"):
        PairedOptions.from_environ({"A": "sync-pinned"})


def test_cores_are_refused_where_the_system_lets_nobody_choose_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    named("sync").check_cores()
    with pytest.raises(LabError, match="only Linux lets the lab choose cores"):
        named("sync-pinned").check_cores()


@pytest.mark.parametrize("cores", ["0", "-1", "1.5", '"all"', "1001"])
def test_what_is_no_number_of_cores_is_refused(tmp_path: Path, cores: str) -> None:
    with pytest.raises(LabError, match="cores"):
        read_one(tmp_path, f"{GUNICORN}\ncores = {cores}")


@pytest.mark.parametrize("quota", ["0", "-1", "0.001", '"half"', "1001", "nan"])
def test_what_is_no_quota_is_refused(tmp_path: Path, quota: str) -> None:
    with pytest.raises(LabError, match=r"one\.quota"):
        read_one(tmp_path, f"{GUNICORN}\nquota = {quota}")


@pytest.mark.parametrize(("workers", "quota", "most_cores"), [(2, None, 2), (2, 0.5, 0.5), (2, 3, 2)])
def test_a_quota_bounds_what_the_workers_can_use(workers: int, quota: float | None, most_cores: float) -> None:
    assert replace(named("sync"), workers=workers, quota=quota).most_cores == most_cores
