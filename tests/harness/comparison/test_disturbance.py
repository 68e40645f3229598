"""Turns that other work disturbed are played again, and what stays disturbed is named: by made-up slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from loadtests.comparison import disturbance
from loadtests.comparison.disturbance import Budget, Guard
from loadtests.comparison.figures import Side, Slice
from loadtests.comparison.pair import Memory, Pair, Played
from loadtests.comparison.progress import Progress
from loadtests.comparison.turns import play_turns
from loadtests.load.profiles import Profile
from loadtests.resources.other_work import HostReading, OtherWork

PROFILE = Profile("peak", "closed", slice_s=1, slices=3, users=4)
QUIET, LOUD = 0.05, 0.9
Disturbed = Mapping[tuple[int, Side], Sequence[float]]
"""Foreign cores beside a side's slice of a turn, each time it is played; the last goes on."""


class Machine:
    """Plays slices of a second, and knows what else happened."""

    def __init__(self, disturbed: Disturbed) -> None:
        self._disturbed = {where: iter(cores) for where, cores in disturbed.items()}
        self.asked: list[tuple[Side, int, int]] = []

    def play(self, side: Side, number: int, turn: int) -> Played:
        self.asked.append((side, number, turn))
        cores = next(self._disturbed.get((turn, side), iter(())), QUIET)
        other = OtherWork(cores, 0.5, 0.0)
        return Played(number, side, number, 1, number + 1, 10, 0, 1, {}, None, None, turn=turn, other=other)


def played(disturbed: Disturbed, budget_s: float = 100.0, limit_cores: float = 0.2) -> tuple[Machine, list[Played]]:
    machine, progress = Machine(disturbed), Progress(Console(quiet=True), None, 1, 0)
    return machine, [*play_turns(machine.play, PROFILE, "ba", Guard(limit_cores, Budget(budget_s)), progress)]


def kept(some: Sequence[Played]) -> list[tuple[int, int, Side]]:
    return [(one.turn, one.number, one.side) for one in some if one.kept]


def pair(some: list[Played], limit_cores: float | None = 0.2) -> Pair:
    memory = Memory(None, None, None, None)
    return Pair("peak", 1, ["b", "a"], [], some, {"a": memory, "b": memory}, limit_cores=limit_cores)


def test_of_an_undisturbed_pair_nothing_is_played_again() -> None:
    machine, some = played({})
    assert machine.asked == [("b", 1, 1), ("a", 2, 1), ("a", 3, 2), ("b", 4, 2), ("b", 5, 3), ("a", 6, 3)]
    assert all(one.kept for one in some)
    assert disturbance.lost(pair(some)) is None


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_turn_is_played_again_on_both_sides_whichever_was_disturbed(side: Side) -> None:
    _, some = played({(2, side): [LOUD]})
    assert kept(some) == [(1, 1, "b"), (1, 2, "a"), (2, 5, "a"), (2, 6, "b"), (3, 7, "b"), (3, 8, "a")]
    assert [(one.turn, one.number) for one in some if not one.kept] == [(2, 3), (2, 4)]
    assert disturbance.lost(pair(some)) is None


def test_it_is_played_until_it_is_clean() -> None:
    _, some = played({(1, "a"): [LOUD, QUIET, LOUD, QUIET], (1, "b"): [LOUD, LOUD, QUIET, QUIET]})
    assert kept(some)[:2] == [(1, 7, "b"), (1, 8, "a")]


def test_what_stays_disturbed_when_the_time_is_used_up_loses_the_pair_and_nothing_more_is_spent_on_it() -> None:
    _, some = played({(1, "a"): [LOUD] * 9, (3, "b"): [LOUD] * 9}, budget_s=4.5)
    assert kept(some) == [(1, 5, "b"), (1, 6, "a"), (2, 7, "a"), (2, 8, "b"), (3, 9, "b"), (3, 10, "a")]
    assert disturbance.lost(pair(some)) == "other work took up to 0.90 cores in turns 1, 3, 0.20 are allowed"


def test_a_turn_that_is_never_clean_is_given_up_before_it_uses_up_the_time_of_others() -> None:
    machine, some = played({(1, "a"): [LOUD] * 99, (3, "b"): [LOUD, QUIET]})
    assert len([one for one in machine.asked if one[2] == 1]) == 2 * (disturbance.MOST_TIMES_AGAIN + 1)
    assert len(kept(some)) == 6
    assert disturbance.lost(pair(some)) == "other work took up to 0.90 cores in turns 1, 3, 0.20 are allowed"


def test_the_budget_is_of_the_whole_run() -> None:
    budget = Budget(4.0)
    _, some = played({})
    assert [budget.allows(some[:2]) for _ in range(3)] == [True, True, False]
    assert budget.allows([])


def test_without_a_limit_nothing_is_played_again_or_lost() -> None:
    machine, progress = Machine({(1, "a"): [LOUD] * 9}), Progress(Console(quiet=True), None, 1, 0)
    some = [*play_turns(machine.play, PROFILE, "ab", None, progress)]
    assert len(some) == 6
    assert disturbance.lost(pair(some, limit_cores=None)) is None


def test_the_lab_s_own_interrupts_disturb_nothing_and_stolen_time_does() -> None:
    _, some = played({})
    assert not disturbance.is_disturbed(some, 0.2)
    stolen = replace(some[0], other=OtherWork(0.15, 0.0, 0.1))
    assert disturbance.is_disturbed([stolen], 0.2)
    assert not disturbance.is_disturbed([replace(stolen, other=None)], 0.2)


@pytest.mark.parametrize(
    ("noise_cores", "limit_cores"), [([0.0, 0.01], 0.1), ([0.08, 0.02], 0.16), ([0.05, 0.9], 0.3), ([0.05], 0.1)]
)
def test_the_limit_follows_the_idle_machine_within_bounds(noise_cores: list[float], limit_cores: float) -> None:
    assert disturbance.limit_cores(noise_cores) == pytest.approx(limit_cores)


def test_the_noise_of_this_machine_is_measured_in_windows_of_a_slice() -> None:
    noise_cores = disturbance.idle_noise_cores(0.01, [])
    assert len(noise_cores) == 300
    assert all(one >= 0 for one in noise_cores)


def test_what_a_host_worked_at_is_told_apart() -> None:
    before = HostReading(10.0, cores=4, idle_s=100.0, kernel_s=5.0, steal_s=1.0, lab_cpu_s=30.0)
    after = HostReading(12.0, cores=4, idle_s=103.0, kernel_s=5.2, steal_s=1.4, lab_cpu_s=32.4)
    found = after.since(before)
    assert (found.foreign_cores, found.kernel_cores, found.steal_cores) == pytest.approx((1.0, 0.1, 0.2))
    assert found.disturbing_cores == pytest.approx(1.2)
    less_than_nothing = replace(after, lab_cpu_s=36.0).since(before)
    assert less_than_nothing.foreign_cores == 0


def slices(*each: tuple[int, Side, bool, float | None]) -> Iterator[Slice]:
    for number, (turn, side, is_kept, cores) in enumerate(each, 1):
        yield Slice(
            "peak", 1, number, side, number, 0.9, 10, 0, 0, 11.0, None, None, None, None, None, None, turn, is_kept,
            cores, 0.1, None if cores is None else 0.0,
        )  # fmt: skip


AGAIN = [*slices((1, "a", False, 0.9), (1, "b", False, 0.1), (1, "a", True, 0.1), (1, "b", True, 0.0))]


def test_a_run_tells_what_it_played_again_and_why() -> None:
    assert [*disturbance.notes(AGAIN, {"peak": 0.2}, [])][1:] == [
        "1 turn was (2 s of load), since other work took up to 0.90 cores."
    ]
    clean = [one for one in AGAIN if one.kept]
    assert [*disturbance.notes(clean, {"peak": 0.2}, ["pair 3 of peak"])] == [
        "A turn with more other work beside it was played again: more than 0.20 cores in peak, by this machine's idle "
        "noise.",
        "No turn had to be.",
        "What stayed disturbed is excluded, both sides: pair 3 of peak.",
    ]


def test_a_run_on_a_busy_machine_tells_what_else_there_was_and_one_that_sees_nothing_says_so() -> None:
    assert [*disturbance.notes(AGAIN, {}, [])] == [
        "Other work and a generator that it kept waiting excluded nothing (BUSY=1): it took 0.28 cores on average, and "
        "up to 0.90."
    ]
    (unseen,) = disturbance.notes([*slices((1, "a", True, None))], {"peak": 0.2}, [])
    assert "could not be separated" in unseen
