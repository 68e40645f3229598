"""Which cores load, backend and services may use: one rule for all contenders."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from loadtests.errors import LabError
from loadtests.resources import placement
from loadtests.resources.affinity import machine_cores
from loadtests.resources.placement import Placement, apart, free


def on(monkeypatch: pytest.MonkeyPatch, cores: list[int]) -> None:
    monkeypatch.setattr(placement, "machine_cores", lambda: cores)


def test_free_leaves_every_core_to_everything() -> None:
    assert free(3) == Placement(None, None, None, None)


@pytest.mark.parametrize(
    ("cores", "generators", "expected"),
    [
        ([0, 1, 2, 3], 1, ({3}, {2}, {0, 1})),
        ([0, 2, 4, 6, 8], 2, ({6, 8}, {4}, {0, 2})),
        ([0, 1, 2], 1, ({2}, {2}, {0, 1})),
        ([0, 1, 2, 3], 2, ({3}, {3}, {0, 1, 2})),
        ([4, 5], 1, ({5}, {5}, {4})),
    ],
)
def test_apart_gives_load_and_backend_cores_of_their_own_where_two_are_left_for_services(
    monkeypatch: pytest.MonkeyPatch, cores: list[int], generators: int, expected: tuple[set[int], ...]
) -> None:
    on(monkeypatch, cores)
    placed = apart(generators)
    assert (placed.load, placed.backend, placed.services) == tuple(map(frozenset, expected))


def test_the_note_says_which_and_where_there_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, [0, 1, 2, 3])
    assert apart(1).note == ("Placement apart: the services had cores 0, 1, the backend core 2, the load core 3.")
    on(monkeypatch, [0, 1])
    assert apart(1).note == (
        "Placement apart: the services had core 0; load and backend shared core 1, for there are no more. So every "
        "service ran on one core, one that may use all cores too."
    )


def test_a_single_core_or_another_system_can_place_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, [0])
    with pytest.raises(LabError, match="needs two cores at least, and this machine has one: leave it out"):
        apart(1)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LabError, match="only Linux lets the lab choose cores: leave it out, or measure on Linux"):
        apart(1)


@pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only")
def test_a_running_backend_is_placed_for_the_block_and_free_again_after_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as backend:
        core = machine_cores()[-1]
        with Placement(backend=frozenset([core])).of_backend([backend.pid]):
            assert os.sched_getaffinity(backend.pid) == {core}
            with free(1).of_backend([backend.pid]):
                assert os.sched_getaffinity(backend.pid) == {core}
        assert os.sched_getaffinity(backend.pid) == {*machine_cores()}
        psutil.Process(backend.pid).kill()
