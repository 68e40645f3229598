"""Tables for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain


def show(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown as its rows come, numbers to three figures."""
    for row in chain((header, ["---"] * len(header)), rows):
        print(f"| {' | '.join(map(_cell, row))} |", flush=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else str(value)
