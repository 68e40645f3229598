"""Highlights as text and marks, so that a template escapes them like everything else."""

from __future__ import annotations

import html
from typing import NamedTuple


class Segment(NamedTuple):
    """A piece of text, and whether it is a word that was searched for."""

    text: str
    marked: bool


def segments(fragment: str) -> list[Segment]:
    """Take apart an HTML fragment of Elasticsearch's, in which all but its own `<mark>` is escaped."""
    before, *marked = fragment.split("<mark>")
    found = [Segment(html.unescape(before), False)]
    for piece in marked:
        word, _, after = piece.partition("</mark>")
        found += [Segment(html.unescape(word), True), Segment(html.unescape(after), False)]
    return [segment for segment in found if segment.text]
