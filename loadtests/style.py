"""The style of all charts: large type, one colour a contender everywhere, safe for colour-blind readers (Okabe,
Ito)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Any

import altair as alt

FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
INK = "#222222"
QUIET_INK = "#5f5f5f"
FAILURE_COLOUR = "#000000"
COLOURS = {
    "sync": "#0072B2",
    "async": "#D55E00",
    "sync-gevent": "#56B4E9",
    "async-asyncio": "#E69F00",
    "async-gunicorn": "#CC79A7",
    "flask-async": "#009E73",
}
OTHER_COLOURS = ("#882255", "#44AA99")
"""The colours of services that are not the lab's contenders, from Tol's muted scheme: Okabe and Ito's are used up."""
WIDTH_PX, HEIGHT_PX = 760, 340
_CAPTION_CHARACTERS = 110
_PNG_SCALE = 1.5


def colour(contender: str) -> str:
    """The contender's colour, the same in every chart."""
    return COLOURS.get(contender, OTHER_COLOURS[0])


def colours(contenders: Sequence[str]) -> list[str]:
    """A colour for each of up to eight contenders, all different, even when one is compared with itself.

    Each has its own where it has one. The others get what is left.
    """
    own = [COLOURS.get(name) if name not in contenders[:place] else None for place, name in enumerate(contenders)]
    left = iter([other for other in (*OTHER_COLOURS, *COLOURS.values()) if other not in own])
    return [known or next(left) for known in own]


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """Different names by side, even when a contender is compared with itself."""
    counts = Counter(names.values())
    return {side: f"{name} ({side})" if counts[name] > 1 else name for side, name in names.items()}


def title(text: str, caption: Sequence[str], characters: int = _CAPTION_CHARACTERS) -> alt.TitleParams:
    """A title, and below it the conditions, wrapped to lines of this many characters."""
    return alt.TitleParams(
        text,
        subtitle=list(chain.from_iterable(wrap(line, characters) for line in caption)),
        anchor="start",
        frame="group",
        offset=24,
    )


def save(chart: Any, path: Path) -> None:
    _styled(chart).save(path, scale_factor=_PNG_SCALE)


def svg(chart: Any) -> str:
    """The chart as `save` would write it, as the text of an SVG element without identifiers."""
    text = StringIO()
    _styled(chart).save(text, format="svg")
    return text.getvalue()


def _styled(chart: Any) -> Any:
    return chart.properties(config=_CONFIG)


_CONFIG = alt.Config(
    font=FONT,
    background="white",
    padding=20,
    aria=False,
    view=alt.ViewConfig(stroke=None),
    title=alt.TitleConfig(fontSize=20, color=INK, subtitleFontSize=13, subtitleColor=QUIET_INK, subtitlePadding=6),
    axis=alt.AxisConfig(
        labelFontSize=13,
        titleFontSize=13,
        titleFontWeight="normal",
        labelColor=INK,
        titleColor=INK,
        gridColor="#e6e6e6",
        domain=False,
        tickColor="#bbbbbb",
        titlePadding=10,
    ),
    legend=alt.LegendConfig(labelFontSize=13, titleFontSize=13, symbolStrokeWidth=4, labelColor=INK, orient="top"),
    header=alt.HeaderConfig(labelFontSize=13, titleFontSize=13),
)
