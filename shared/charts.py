"""Column charts as geometry, which a template draws as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 400, 220
LEFT, RIGHT, TOP, BOTTOM = 36, 4, 10, 24
_MOST_LABELS = 10
_GRID_LINES = 4
_FILLED = 0.8
"""How much of its slot a column fills."""


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    value: float
    count: int


@dataclass(frozen=True)
class Label:
    """A text on an axis, at a place along it."""

    place: float
    text: str


@dataclass(frozen=True)
class Chart:
    columns: list[Column]
    values: list[Label]
    counts: list[Label]


def columns(buckets: Sequence[Mapping[str, Any]], step: float) -> Chart:
    """A column for each bucket of a histogram (`value`, `count`) whose values are `step` apart, gaps included."""
    first: float = buckets[0]["value"]
    slots = round((buckets[-1]["value"] - first) / step) + 1
    slot_width = (WIDTH - LEFT - RIGHT) / slots
    counts = _grid(max(bucket["count"] for bucket in buckets))

    def middle(value: float) -> float:
        return LEFT + ((value - first) / step + 0.5) * slot_width

    def height(count: float) -> float:
        return (HEIGHT - TOP - BOTTOM) * count / counts[-1]

    def column(value: float, count: int) -> Column:
        width = slot_width * _FILLED
        return Column(middle(value) - width / 2, HEIGHT - BOTTOM - height(count), width, height(count), value, count)

    return Chart(
        [column(bucket["value"], bucket["count"]) for bucket in buckets],
        [Label(middle(value), f"{value:g}") for value in _labelled(first, slots, step)],
        [Label(HEIGHT - BOTTOM - height(count), str(count)) for count in counts],
    )


def _grid(most: int) -> range:
    step = _round_up(most / _GRID_LINES)
    return range(0, step * math.ceil(most / step) + 1, step)


def _labelled(first: float, slots: int, step: float) -> list[float]:
    apart = _round_up(slots / _MOST_LABELS) * step
    return [value for value in (first + step * slot for slot in range(slots)) if value % apart == 0]


def _round_up(number: float) -> int:
    """To 1, 2 or 5 times a power of ten."""
    power: int = 10 ** max(0, math.floor(math.log10(max(number, 1))))
    return next(nice * power for nice in (1, 2, 5, 10) if nice * power >= number)
