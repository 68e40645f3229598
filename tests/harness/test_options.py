"""Options from the environment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.options import PairOptions, RunOptions, SizeOptions
from loadtests.targets import Target


def test_the_seed_projects_load_is_the_default() -> None:
    assert RunOptions.from_environ({}).model_dump() == {
        "users": 10, "spawn_rate": 10, "duration": 30, "warmup": 5, "quick": False,
        "workers": None, "threads": None, "pool": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "duration_s", "warmup_s"),
    [
        ({"QUICK": "1"}, 10, 2),
        ({"QUICK": "1", "DURATION": "3s"}, 3, 2),
        ({"QUICK": "0"}, 30, 5),
        ({"QUICK": "", "WARMUP": "500ms"}, 30, 0.5),
        ({"DURATION": "2m"}, 120, 5),
    ],
)
def test_quick_shortens_what_was_not_set(environ: dict[str, str], duration_s: float, warmup_s: float) -> None:
    options = RunOptions.from_environ(environ)
    assert (options.duration, options.warmup) == (duration_s, warmup_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [("USERS", "0"), ("USERS", "ten"), ("DURATION", "soon"), ("DURATION", "5h"), ("WORKERS", "65"), ("QUICK", "maybe")],
)
def test_a_bad_value_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(LabError, match=f"{name}={value}: "):
        RunOptions.from_environ({name: value})


@pytest.mark.parametrize(
    ("name", "sizes"), [("sync", (2, 8, 50)), ("async", (2, None, 50)), ("sync-gevent", (2, None, 50))]
)
def test_sizes_go_to_every_contender_and_threads_to_those_that_have_them(
    name: str, sizes: tuple[int, int | None, int]
) -> None:
    contender = SizeOptions.from_environ({"WORKERS": "2", "THREADS": "8", "POOL": "50"}).sized(named(name))
    assert (contender.workers, contender.threads, contender.pool) == sizes


def test_without_sizes_a_contender_stays_as_it_is() -> None:
    assert SizeOptions().sized(named("sync")) == named("sync")


def test_the_twins_are_compared_unless_others_are_named() -> None:
    assert PairOptions().sides == (named("sync"), named("async"))
    environ = {"A": "flask-async", "TARGET_B": "http://127.0.0.1:8000", "WORKERS": "2"}
    flask_async = replace(named("flask-async"), workers=2)
    assert PairOptions.from_environ(environ).sides == (flask_async, Target.at("http://127.0.0.1:8000"))


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"A": "asink"}, "there is no contender 'asink'"),
        ({"B": "sync", "TARGET_B": "http://127.0.0.1:8000"}, "B= and TARGET_B= both"),
    ],
)
def test_a_side_that_is_not_clear_is_refused(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        PairOptions.from_environ(environ)
