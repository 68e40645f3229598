"""The contenders as every picture and table shows them: one name, one colour, one dash and one shape each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt

from loadtests import style
from loadtests.comparison.figures import Side

_DASHES = [[1, 0], [6, 3], [2, 2], [10, 3], [8, 3, 2, 3], [4, 2], [12, 3, 2, 3, 2, 3], [1, 3]]
_SHAPES = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down", "triangle-right", "triangle-left"]
_LEGEND = alt.Legend(title=None, symbolOpacity=1, columns=4)


@dataclass(frozen=True)
class Legend:
    """Names and colours by side; dash and shape tell contenders apart where colours can't (in black and white)."""

    names: Mapping[Side, str]
    hues: Mapping[Side, str]

    @classmethod
    def of(cls, contenders: Mapping[Side, Mapping[str, Any]]) -> Legend:
        names = {side: contender["name"] for side, contender in contenders.items()}
        return cls(style.labels(names), dict(zip(names, style.colours([*names.values()]), strict=True)))

    def name(self, side: Side) -> str:
        return self.names[side]

    @property
    def first(self) -> str:
        """The name of the contender that all others are compared with."""
        return self.names["a"]

    @cached_property
    def others(self) -> list[str]:
        return [name for side, name in self.names.items() if side != "a"]

    @property
    def is_of_two(self) -> bool:
        return len(self.names) == 2

    @property
    def other(self) -> str:
        """What is compared with the first, in a heading."""
        return self.others[0] if self.is_of_two else "contender"

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
        return self._scale([*self.hues.values()])

    @property
    def shapes(self) -> alt.Scale:
        return self._scale(_SHAPES)

    @property
    def dashes(self) -> list[list[int]]:
        """Of the contenders in their order."""
        return _DASHES[: len(self.names)]

    def _scale(self, values: Sequence[Any]) -> alt.Scale:
        return alt.Scale(domain=[*self.names.values()], range=[*values][: len(self.names)])
