"""The two contenders as every picture and table shows them: one name, one colour, one dash and one shape each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from loadtests import style

_DASHES = [[1, 0], [6, 3]]
_SHAPES = ["circle", "diamond"]
_LEGEND = alt.Legend(title=None, symbolOpacity=1)


@dataclass(frozen=True)
class Legend:
    """Names and colours; dash and shape tell the two apart where colours can't (in black and white)."""

    a: str
    b: str
    colour_a: str
    colour_b: str

    @classmethod
    def of(cls, contenders: Mapping[str, Mapping[str, Any]]) -> Legend:
        names = contenders["a"]["name"], contenders["b"]["name"]
        return cls(*style.labels(*names), *style.colours(*names))

    def name(self, side: str) -> str:
        return {"a": self.a, "b": self.b}[side]

    @property
    def colour(self) -> alt.Color:
        """The channel of a `contender` field."""
        return alt.Color("contender:N", scale=self.colours, legend=_LEGEND)

    @property
    def dash(self) -> alt.StrokeDash:
        return alt.StrokeDash("contender:N", scale=self._scale(_DASHES), legend=_LEGEND)

    @property
    def shape(self) -> alt.Shape:
        return alt.Shape("contender:N", scale=self.shapes, legend=_LEGEND)

    @property
    def colours(self) -> alt.Scale:
        return self._scale([self.colour_a, self.colour_b])

    @property
    def shapes(self) -> alt.Scale:
        return self._scale(_SHAPES)

    def _scale(self, values: list[Any]) -> alt.Scale:
        return alt.Scale(domain=[self.a, self.b], range=values)
