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
"""The share of its slot that a column fills."""


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
    """A text at a position along an axis."""

    place: float
    text: str


@dataclass(frozen=True)
class Chart:
    columns: list[Column]
    values: list[Label]
    counts: list[Label]


def columns(buckets: Sequence[Mapping[str, Any]], step: float) -> Chart:
    """A column for each bucket of a histogram (`value`, `count`) whose values are `step` apart, gaps included.

    There must be at least one bucket: a chart of none has no scale.
    """
    values = [bucket["value"] for bucket in buckets]
    plot = _Plot(min(values), max(values), step, max(1, *(bucket["count"] for bucket in buckets)))
    return Chart(
        [plot.column(bucket["value"], bucket["count"]) for bucket in buckets],
        [Label(plot.x(value), f"{value:g}") for value in plot.labelled()],
        [Label(plot.y(count), str(count)) for count in plot.grid],
    )


@dataclass(frozen=True)
class _Plot:
    """The positions of values and counts in the chart, whose origin is at the top left."""

    first: float
    last: float
    step: float
    most: int

    @property
    def slots(self) -> int:
        return round((self.last - self.first) / self.step) + 1

    @property
    def slot_width(self) -> float:
        return (WIDTH - LEFT - RIGHT) / self.slots

    @property
    def grid(self) -> range:
        """The counts that have a grid line; the last is the top of the chart."""
        apart = _round_up(self.most / _GRID_LINES)
        return range(0, apart * math.ceil(self.most / apart) + 1, apart)

    def x(self, value: float) -> float:
        """The middle of the value's slot."""
        return LEFT + ((value - self.first) / self.step + 0.5) * self.slot_width

    def y(self, count: int) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / self.grid[-1]

    def column(self, value: float, count: int) -> Column:
        width, y = self.slot_width * _FILLED, self.y(count)
        return Column(self.x(value) - width / 2, y, width, HEIGHT - BOTTOM - y, value, count)

    def labelled(self) -> list[float]:
        """The values that have a label: round numbers, few enough that labels don't touch."""
        apart = _round_up(self.slots / _MOST_LABELS) * self.step
        values = (self.first + self.step * slot for slot in range(self.slots))
        return [value for value in values if value % apart == 0]


def _round_up(number: float) -> int:
    """Round up to 1, 2 or 5 times a power of ten."""
    power: int = 10 ** max(0, math.floor(math.log10(max(number, 1))))
    return next(nice * power for nice in (1, 2, 5, 10) if nice * power >= number)
