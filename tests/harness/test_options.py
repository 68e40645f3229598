"""Options from the environment."""

from __future__ import annotations

import pytest

from loadtests.errors import LabError
from loadtests.options import RunOptions


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
