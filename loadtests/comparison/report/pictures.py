"""A chart with what a reader needs to understand it without seeing it, and where it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from pathlib import Path
from typing import Any

import altair as alt
from markupsafe import Markup

from loadtests import style

WIDTH_PX = 430
"""Of the plotting area: a chart is to stay readable at the width of a phone."""
_CAPTION_CHARACTERS = 62


@dataclass(frozen=True)
class Picture:
    """`name` is the PNG file's stem, `description` tells what it shows, `caption` how to read it."""

    name: str
    chart: Any
    description: str
    caption: str

    def save(self, folder: Path) -> None:
        style.save(self.chart, folder / f"{self.name}.png")

    @property
    def svg(self) -> Markup:
        """The same chart as an SVG element for a page."""
        return inline(self.chart, self.description)


def inline(chart: Any, description: str) -> Markup:
    """An SVG element in one that a screen reader announces as an image with this description."""
    drawn = Markup(style.svg(chart).replace("<svg ", '<svg aria-hidden="true" ', 1))  # its texts are escaped already
    return Markup('<div role="img" aria-label="{}">{}</div>').format(description, drawn)


def framed(chart: Any, title: str, *caption: str, characters: int = _CAPTION_CHARACTERS) -> Any:
    """With a title, and lines that tell the conditions."""
    return chart.properties(title=style.title(title, caption, characters))


def log_ticks(values: Iterable[float]) -> list[float]:
    """1, 2, 5, 10, 20, 50 and so on, as far as they lie between the values. Even steps, where fewer than two do."""
    known = sorted(filter(isfinite, values))
    if not known:
        return []
    powers = range(floor(log10(known[0])), ceil(log10(known[-1])) + 1)
    ticks = (digit * 10.0**power for power in powers for digit in (1, 2, 5))
    within = [tick for tick in ticks if known[0] <= tick <= known[-1]]
    return within if len(within) > 1 or known[0] == known[-1] else _even_ticks(known[0], known[-1])


def _even_ticks(low: float, high: float) -> list[float]:
    """The multiples between them of the largest 1, 2 or 5 times a power of ten that has two there."""
    power = floor(log10(high - low))
    steps = (digit * 10.0**exponent for exponent in (power, power - 1) for digit in (5, 2, 1))
    step = next(step for step in steps if floor(high / step) > ceil(low / step))
    return [multiple * step for multiple in range(ceil(low / step), floor(high / step) + 1)]


def stacked(panels: list[Any]) -> Any:
    """One below the other, on the same x axis."""
    return alt.vconcat(*panels, spacing=12).resolve_scale(x="shared")


def data(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows for a chart. An infinite figure has no place on any axis: its mark is left out."""
    return {"values": [{name: value if _has_place(value) else None for name, value in row.items()} for row in rows]}


def _has_place(value: Any) -> bool:
    return not isinstance(value, float) or isfinite(value)
