"""Highlights: found in normal forms, shown in the original text, and split so that a template escapes them."""

from __future__ import annotations

import html
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

from shared.es_responses import Hit
from shared.text import normal, pieces


class Segment(NamedTuple):
    """A piece of text, and whether the search asked for it."""

    text: str
    marked: bool


def shown(hit: Hit) -> dict[str, list[str]]:
    """Fragments of the book's own text by field, as safe HTML that marks the words of the search."""
    found = {}
    for field, fragments in hit.get("highlight", {}).items():
        name = field.removeprefix("normal.")
        own = hit["_source"][name]  # type: ignore[literal-required]
        kept = fragments if normal(own) == own else _carried_over(fragments, own)
        if kept:
            found[name] = kept
    return found


def segments(fragment: str) -> list[Segment]:
    """Split an HTML fragment, in which everything except its own `<mark>` is escaped."""
    before, *marked = fragment.split("<mark>")
    found = [Segment(html.unescape(before), False)]
    for piece in marked:
        word, _, after = piece.partition("</mark>")
        found += [Segment(html.unescape(word), True), Segment(html.unescape(after), False)]
    return [segment for segment in found if segment.text]


def _carried_over(fragments: list[str], text: str) -> list[str]:
    """The fragments of a text that match these fragments of its normal form. A fragment that matches no part is left
    out."""
    aligned = _Aligned(text)
    return [fragment for fragment in map(aligned.carry_over, fragments) if fragment is not None]


class _Aligned:
    """A text beside its normal form: each piece of one stands for a piece of the other."""

    def __init__(self, text: str) -> None:
        own = list(pieces(text))
        forms = [normal(piece).casefold() for piece in own]
        self._text = text
        self._form = "".join(forms)
        self._ends = list(accumulate(map(len, forms)))
        self._own_ends = list(accumulate(map(len, own)))

    def carry_over(self, fragment: str) -> str | None:
        parts = [(part.text.casefold(), part.marked) for part in segments(fragment)]
        start = self._form.find("".join(part for part, _ in parts))
        if start < 0:
            return None
        shown, at = [], self._begin(start)
        for part, marked in parts:
            begin, end = self._begin(start), self._end(start + len(part))
            start += len(part)
            if marked and end > at:  # else it is of the same piece as the word before, as in a ligature
                begin = max(begin, at)
                shown += [html.escape(self._text[at:begin]), f"<mark>{html.escape(self._text[begin:end])}</mark>"]
                at = end
        return "".join(shown) + html.escape(self._text[at : self._end(start)])

    def _begin(self, position: int) -> int:
        """The start of the piece of text that holds this character of the normal form."""
        piece = bisect_right(self._ends, position)
        return self._own_ends[piece - 1] if piece else 0

    def _end(self, position: int) -> int:
        """The end of the piece of text whose last character, or an inner one, is before this position."""
        return self._own_ends[bisect_left(self._ends, position)]
