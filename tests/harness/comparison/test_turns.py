"""In which order contenders take turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise

import pytest

from loadtests.comparison.figures import Side
from loadtests.comparison.turns import orders

NAMES = "abcdefgh"
SIZES = range(2, len(NAMES) + 1)


def whole(size: int) -> list[tuple[Side, ...]]:
    """All turns of a design."""
    return [*orders(NAMES[:size], size if size % 2 == 0 else 2 * size)]


def followers(turns: Sequence[Sequence[Side]]) -> Counter[tuple[Side, Side]]:
    return Counter(chain(*map(pairwise, turns)))


@pytest.mark.parametrize("slices", [2, 4, 6])
@pytest.mark.parametrize("sides", ["ab", "ba"])
def test_two_sides_take_turns_in_a_balanced_way(sides: str, slices: int) -> None:
    slots = [*chain(*orders(sides, slices))]
    assert "".join(slots[:8]) == (sides + sides[::-1]) * min(2, slices // 2)
    assert Counter(slots) == {"a": slices, "b": slices}
    followed = Counter(pairwise(slots))
    assert abs(followed["a", "a"] - followed["b", "b"]) <= 1
    assert abs(followed["a", "b"] - followed["b", "a"]) <= 1


def test_of_an_odd_number_of_turns_the_first_side_begins_and_the_other_ends() -> None:
    assert "".join(chain(*orders("ba", 3))) == "baabba"


@pytest.mark.parametrize("size", SIZES)
def test_every_turn_has_every_side_once_and_the_first_turn_is_as_given(size: int) -> None:
    turns = [*orders(NAMES[:size], 3 * size)]
    assert len(turns) == 3 * size
    assert all(sorted(turn) == [*NAMES[:size]] for turn in turns)
    assert turns[0][0] == "a"


@pytest.mark.parametrize("size", SIZES)
def test_over_a_whole_design_each_side_is_at_each_place_and_follows_each_other_one_as_often(size: int) -> None:
    turns = whole(size)
    times = len(turns) // size
    assert Counter((place, side) for turn in turns for place, side in enumerate(turn)) == {
        (place, side): times for place in range(size) for side in NAMES[:size]
    }
    assert followers(turns) == {(one, other): times for one in NAMES[:size] for other in NAMES[:size] if one != other}
