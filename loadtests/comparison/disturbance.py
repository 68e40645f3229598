"""Other work on the machine: how much a turn may have beside it, and for how long the lab plays turns again.

Other work takes cores from both contenders, but not alike: with a core of it beside them, two contenders of which one
has twice the throughput look the same. So a turn (one slice of each side) with too much other work is played again,
both sides with the same requests. Exclusion depends on the machine alone, never on the figures.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from loadtests.comparison.figures import Slice
from loadtests.comparison.pair import Pair, Played
from loadtests.resources.other_work import Processes, read_host

LEAST_LIMIT_CORES, MOST_LIMIT_CORES = 0.1, 0.3
"""Between these the limit is: below the first, other work is no more than what two slices of one contender differ by;
beyond the second, no machine counts as idle."""
TIMES_NOISE = 2.0
"""The limit is so many times the most that the machine had when the lab did nothing."""
REPLAY_SHARE = 1.0
"""Of the planned time of a run: so long it may play turns again. Half of the turns disturbed take about as much."""
MOST_TIMES_AGAIN = 10
"""Of one turn: what lasts longer would use up the time of all other turns."""
_LOOK_S, _LEAST_WINDOWS, _MOST_WINDOW_S = 3.0, 4, 1.0
"""Of the idle machine: longer windows would have less noise than these, never more."""


@dataclass
class Budget:
    """The time that a whole run has for playing turns again."""

    left_s: float

    @classmethod
    def of_run(cls, planned_s: float) -> Self:
        return cls(REPLAY_SHARE * planned_s)

    def allows(self, turn: Sequence[Played]) -> bool:
        """Whether there is time to play it again, which is then spent."""
        needed_s = sum(one.ended_s - one.begin_s for one in turn)
        is_enough = needed_s <= self.left_s
        self.left_s -= needed_s if is_enough else 0
        return is_enough


@dataclass(frozen=True)
class Guard:
    """What a turn may have beside it, and the run's budget for playing again what had more."""

    limit_cores: float
    budget: Budget


def limit_cores(noise_cores: Iterable[float]) -> float:
    """The limit for a machine that had so much other work in each of some windows when the lab did nothing."""
    return min(max(LEAST_LIMIT_CORES, TIMES_NOISE * max(noise_cores)), MOST_LIMIT_CORES)


def idle_noise_cores(slice_s: float, pids: Iterable[int]) -> list[float]:
    """Other work in windows as long as slices, while the lab does nothing; `pids` are further processes of the lab's,
    beside this one. Takes some seconds."""
    window_s = min(slice_s, _MOST_WINDOW_S)
    ours = Processes(pids)
    readings = [read_host(ours.cpu_s())]
    for _ in range(max(_LEAST_WINDOWS, round(_LOOK_S / window_s))):
        time.sleep(window_s)
        readings.append(read_host(ours.cpu_s()))
    return [after.since(before).disturbing_cores for before, after in pairwise(readings)]


def guard(backend_pids: Iterable[int], slice_s: float, budget: Budget) -> Guard:
    """By the noise of this machine now, which takes some seconds to measure."""
    return Guard(limit_cores(idle_noise_cores(slice_s, backend_pids)), budget)


def is_disturbed(turn: Iterable[Played], limit: float) -> bool:
    """Whether a slice had more other work beside it than that; where nobody can tell, none is known to."""
    return any(one.other is not None and one.other.disturbing_cores > limit for one in turn)


def in_words(turn: Sequence[Played], limit: float) -> str:
    most = max(one.other.disturbing_cores for one in turn if one.other)
    return f"other work took {most:.2f} cores, {limit:.2f} are allowed"


def lost(pair: Pair) -> str | None:
    """Why nothing follows from a pair: turns that stayed disturbed. None where there are none."""
    if pair.limit_cores is None:
        return None
    kept = [one for one in pair.played if one.kept]
    stayed = sorted({one.turn for one in kept if is_disturbed([one], pair.limit_cores)})
    if not stayed:
        return None
    most = max(one.other.disturbing_cores for one in kept if one.other)
    turns = f"turn{'s' if len(stayed) > 1 else ''} {', '.join(map(str, stayed))}"
    return f"other work took up to {most:.2f} cores in {turns}, {pair.limit_cores:.2f} are allowed"


def notes(slices: Sequence[Slice], limits_cores: dict[str, float], lost_pairs: Sequence[str]) -> Iterator[str]:
    """Sentences on the other work of a run; `limits_cores` by profile, empty where nothing was excluded for it."""
    known = [one.disturbing_cores for one in slices if one.disturbing_cores is not None]
    if not known:
        yield (
            "Other work on the machine could not be separated from the lab's, since not all of the lab's processes are "
            "seen: nothing was excluded for it."
        )
        return
    if not limits_cores:
        yield (
            f"Other work and a generator that it kept waiting excluded nothing (BUSY=1): it took "
            f"{sum(known) / len(known):.2f} cores on average, and up to {max(known):.2f}."
        )
        return
    limits = " and ".join(f"{limit:.2f} cores in {profile}" for profile, limit in limits_cores.items())
    yield f"A turn with more other work beside it was played again: more than {limits}, by this machine's idle noise."
    yield _again(slices)
    if lost_pairs:
        sides = "both sides" if _sides(slices) == 2 else "all sides"
        yield f"What stayed disturbed is excluded, {sides}: {', '.join(lost_pairs)}."


def _sides(slices: Sequence[Slice]) -> int:
    return len({one.side for one in slices})


def _again(slices: Sequence[Slice]) -> str:
    again = [one for one in slices if not one.kept]
    if not again:
        return "No turn had to be."
    turns = len(again) // _sides(again)
    worst = max(one.disturbing_cores or 0.0 for one in again)
    length_s = sum(one.counted_s for one in again)
    return (
        f"{turns} turn{'s were' if turns > 1 else ' was'} ({length_s:.0f} s of load), since other work took up to "
        f"{worst:.2f} cores."
    )
