"""The turns of a pair: in which order its contenders are loaded, and which turns are played again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from loadtests.comparison.disturbance import MOST_TIMES_AGAIN, Guard, in_words, is_disturbed
from loadtests.comparison.figures import Side
from loadtests.comparison.pair import Played
from loadtests.comparison.progress import Progress
from loadtests.load.profiles import Profile


def orders(sides: Sequence[Side], turns: int) -> Iterator[tuple[Side, ...]]:
    """The order of each turn, from a Williams design: AB BA AB BA … for two sides.

    Over k turns (2k for an odd number k of sides) each side is once (twice) at each place, and once (twice) just after
    each other one: what a side leaves behind, on the machine and in the backend, meets all others alike. With fewer
    turns, nearly so. E. J. Williams, Experimental designs balanced for the estimation of residual effects of treatments
    (1949).
    """
    design = _williams(len(sides))
    for turn in range(turns):
        yield tuple(sides[place] for place in design[turn % len(design)])


def balanced_over(sides: int) -> int:
    """The turns after which each side had each place, and came after each other one, as often as all others."""
    return len(_williams(sides))


def _williams(size: int) -> list[list[int]]:
    """The first row is 0, 1, k - 1, 2, k - 2, …; each further one adds 1, modulo k. An odd k also has each reversed."""
    first = [place // 2 + 1 if place % 2 else (size - place // 2) % size for place in range(size)]
    rows = [[(place + step) % size for place in first] for step in range(size)]
    return rows + [row[::-1] for row in rows] if size % 2 else rows


def play_turns(
    play: Callable[[Side, int, int], Played],
    profile: Profile,
    sides: Sequence[Side],
    guard: Guard | None,
    progress: Progress,
) -> Iterator[Played]:
    """All turns, each slice by `play(side, number, turn)`; the sides in the order of the first turn.

    A disturbed turn is played again, until it is not, or was too often, or the run's budget is used up; then the pair
    is lost, and no further turn of it is played again.
    """
    numbers, is_lost = count(1), False
    for turn, order in enumerate(orders(sides, profile.slices), 1):
        progress.say(f"turn {turn} of {profile.slices}")
        for again in count():
            played = [play(side, next(numbers), turn) for side in order]
            if guard is None or is_lost or not is_disturbed(played, guard.limit_cores):
                break
            is_lost = again == MOST_TIMES_AGAIN or not guard.budget.allows(played)
            if is_lost:
                break
            progress.tell(f"turn {turn} is played again: {in_words(played, guard.limit_cores)}")
            yield from (replace(one, kept=False) for one in played)
        yield from played
