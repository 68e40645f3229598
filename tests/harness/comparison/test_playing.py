"""Real pairs of services of which all is known: beside a burner, and with a contender that has one core."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from loadtests.backend import Backend
from loadtests.comparison.disturbance import Budget, Guard
from loadtests.comparison.figures import Side
from loadtests.comparison.measure import figures
from loadtests.comparison.pair import Pair, read_requests
from loadtests.comparison.progress import Progress
from loadtests.comparison.stage import Setting, play_pair
from loadtests.contenders import Contender
from loadtests.load.orders import Generators
from loadtests.load.profiles import Profile
from loadtests.resources.affinity import machine_cores
from tests.burner import Burner
from tests.harness.standin import CATALOGUE
from tests.known_service import Behaviour

pytestmark = [
    pytest.mark.robustness,
    pytest.mark.xdist_group("twins"),
    pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only"),
]

PROFILE = Profile("peak", "closed", slice_s=0.5, slices=3, users=4, warm_up_slices=2, warm_up_slice_s=0.2)
SIDES: Mapping[Side, Contender] = {
    "a": Behaviour(delay_ms=10).contender("first"),
    "b": Behaviour(delay_ms=20).contender("second"),
}
MOST_AGAIN_S = 5.0


class Watched(Progress):
    """Tells someone else what happens."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__(Console(quiet=True), None, 1, 0)
        self._hear = hear

    def say(self, doing: str) -> None:
        self._hear(doing)

    def tell(self, sentence: str) -> None:
        self._hear(sentence)


def play(
    folder: Path, contenders: Mapping[Side, Contender], hear: Callable[[str], None], guard: Guard | None = None
) -> Pair:
    backend = Backend("", "none", "none", os.getpid(), 20, "0" * 64)
    setting = Setting(contenders, backend, CATALOGUE, "get", PROFILE, Generators(1), "test", guard=guard)
    return play_pair(setting, 1, folder, Watched(hear))


def test_a_turn_beside_a_burner_is_played_again_and_counts_nowhere(tmp_path: Path) -> None:
    heard: list[str] = []
    burners: list[Burner] = []

    def hear(words: str) -> None:
        heard.append(words)
        if words == "warming up":
            burners.append(Burner())
        if words.startswith("turn 1 is played again"):
            burners[0].stop()

    try:
        pair = play(tmp_path, SIDES, hear, Guard(0.3, Budget(MOST_AGAIN_S)))
    finally:
        for burner in burners:
            burner.stop()
    again = [one for one in pair.played if not one.kept]
    assert {(1, "a"), (1, "b")} <= {(one.turn, one.side) for one in again}
    assert any("turn 1 is played again: other work took" in words for words in heard)
    assert sorted((one.turn, one.side) for one in pair.kept) == [(turn, side) for turn in (1, 2, 3) for side in "ab"]
    requests = read_requests(tmp_path)
    found = figures(pair, requests, PROFILE, SIDES, os.cpu_count() or 1)
    recorded = {number for number in requests["slice"].unique().to_pylist() if number}
    assert recorded == {one.number for one in pair.played}
    counted = {block.side: block.requests for block in found.blocks}
    assert counted == {
        side: sum(one.requests for one in found.slices if one.kept and one.side == side) for side in ("a", "b")
    }
    assert Pair.read(tmp_path) == pair
    assert all(one.foreign_cores is not None and one.run_queue_share is not None for one in found.slices)


def test_a_pinned_contender_keeps_its_core_and_another_one_in_the_next_pair(tmp_path: Path) -> None:
    seen: dict[str, tuple[set[tuple[int, ...]], ...]] = {}

    def hear(words: str) -> None:
        if words.startswith("turn"):
            seen[words] = tuple(map(affinities, servers()))

    play(tmp_path, {**SIDES, "a": replace(SIDES["a"], cores=1)}, hear)
    cores = tuple(machine_cores())
    assert len(seen) == PROFILE.slices
    assert set(map(repr, seen.values())) == {repr(({(cores[1 % len(cores)],)}, {cores}))}


def test_five_contenders_take_turns_with_the_same_requests(tmp_path: Path) -> None:
    five = {side: Behaviour(delay_ms=5 + number).contender(side) for number, side in enumerate("abcde")}
    pair = play(tmp_path, five, lambda _: None)
    assert sorted(pair.order) == [*five]
    for turn in range(1, PROFILE.slices + 1):
        assert sorted(one.side for one in pair.played if one.turn == turn) == [*five]
    found = figures(pair, read_requests(tmp_path), PROFILE, five, os.cpu_count() or 1)
    assert [(block.side, block.contender) for block in found.blocks] == [(side, side) for side in five]
    assert sorted(block.position for block in found.blocks) == [1, 2, 3, 4, 5]
    assert all(block.requests > 0 and block.peak_pss_bytes for block in found.blocks)
    assert Pair.read(tmp_path) == pair


def servers() -> list[psutil.Process]:
    """Of a and of b, by their delays."""
    ours = psutil.Process().children()
    known = [one for one in ours if "tests.known_service" in one.cmdline()]
    return sorted(known, key=lambda one: float(one.environ()["LAB_DELAY_MS"]))


def affinities(server: psutil.Process) -> set[tuple[int, ...]]:
    return {tuple(sorted(os.sched_getaffinity(thread.id))) for thread in server.threads()}
