"""How all charts look: large type, one colour a contender everywhere, told apart by the colour-blind (Okabe, Ito)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Any

import altair as alt

FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
INK = "#222222"
QUIET_INK = "#5f5f5f"
FAILURE_COLOUR = "#000000"
COLOURS = {"sync": "#0072B2", "async": "#D55E00"}
OTHER_COLOURS = ("#009E73", "#CC79A7")
WIDTH_PX, HEIGHT_PX = 760, 340
_CAPTION_CHARACTERS = 110
_PNG_SCALE = 1.5


def colour(contender: str) -> str:
    """The contender's colour, in every chart the same."""
    return COLOURS.get(contender, OTHER_COLOURS[0])


def colours(contender_a: str, contender_b: str) -> tuple[str, str]:
    """Two that can be told apart, also where a contender is compared with itself."""
    first, second = colour(contender_a), colour(contender_b)
    return (first, second) if first != second else (first, OTHER_COLOURS[1])


def title(text: str, caption: Sequence[str]) -> alt.TitleParams:
    """What the chart shows, and below it under which conditions."""
    return alt.TitleParams(
        text,
        subtitle=list(chain.from_iterable(wrap(line, _CAPTION_CHARACTERS) for line in caption)),
        anchor="start",
        frame="group",
        offset=24,
    )


def save(chart: Any, path: Path) -> None:
    styled = (
        chart.configure(font=FONT, background="white", padding=20)
        .configure_view(stroke=None)
        .configure_title(fontSize=20, color=INK, subtitleFontSize=13, subtitleColor=QUIET_INK, subtitlePadding=6)
        .configure_axis(labelFontSize=13, titleFontSize=13, titleFontWeight="normal", labelColor=INK, titleColor=INK,
                        gridColor="#e6e6e6", domain=False, tickColor="#bbbbbb", titlePadding=10)
        .configure_legend(labelFontSize=13, titleFontSize=13, symbolStrokeWidth=4, labelColor=INK, orient="top")
        .configure_header(labelFontSize=13, titleFontSize=13)
    )  # fmt: skip
    styled.save(path, scale_factor=_PNG_SCALE)
