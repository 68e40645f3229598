"""The cores that workers run on, as LAB_CORES lists them: `0-3`, `0,2` or `0-1,4`."""

from __future__ import annotations

import re
from collections.abc import Collection

_is_list = re.compile(r"[0-9]{1,6}(-[0-9]{1,6})?(,[0-9]{1,6}(-[0-9]{1,6})?)*").fullmatch


def listed(text: str, available: Collection[int]) -> list[int]:
    """The cores in the text's order, each once. `available` are those that this process may run on; none where the
    system lets no process choose.

    Raises ValueError, which names those that there are, for other cores and for text that is no list.
    """
    if not available:
        raise ValueError("this system lets no process choose its cores: leave it out")
    ranges = [_range(part) for part in text.split(",")] if _is_list(text) else [range(0)]
    if not all(ranges) or any(core not in available for one in ranges for core in one):
        there_are = ",".join(map(str, sorted(available)))
        raise ValueError(f"give a list such as 0-3 or 0,2 of the cores that there are: {there_are}")
    return [*dict.fromkeys(core for one in ranges for core in one)]


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)
