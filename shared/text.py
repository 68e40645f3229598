"""The normal form of a text: texts that read the same have the same normal form, whatever their bytes.

Searches and filters compare normal forms; pages show the original text. Elasticsearch's own analysis can't make them:
its core has neither Unicode normalisation nor character filters, only lower case, which it adds to the normal form. The
form is Unicode's NFKC_Casefold, which ignores format characters, with apostrophes and hyphens alike. The zero-width
joiner and non-joiner are ignored too: Persian is typed with and without them. Accents and vowel signs stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, normalize

VERSION = 1
"""Counts the changes of the normal form. An index of another version must be made again."""

_ignored = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001"
    "\U000e0020-\U000e007f"  # up to here Unicode's category Cf
    "\u034f\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"  # the grapheme joiner, and selectors of a glyph
)
_accents_as_apostrophes = re.compile("[`｀´\u1fef\u1ffd]")
_apostrophes = re.compile("[ʻʼ՚׳‘’‛′]")
_hyphens = re.compile("[‐‑]")


def normal(text: str) -> str:
    """The normal form, in the original letter case wherever folding would only make lower case.

    So a sentence keeps its capital, by which Elasticsearch finds fragments. Texts are equal if and only if their normal
    forms are equal in lower case.
    """
    if text.isascii():
        return text.replace("`", "'")
    plain = normalize("NFKC", _accents_as_apostrophes.sub("'", _ignored.sub("", text)))
    plain = _hyphens.sub("-", _apostrophes.sub("'", plain))
    folded = normalize("NFKC", plain.casefold()).replace("i\u0307", "i")  # the dot of Turkish İ: every i has one
    return plain if plain.lower() == folded else folded


def pieces(text: str) -> Iterator[str]:
    """The text in the shortest independent pieces: their normal forms make up the normal form of the text."""
    start = 0
    for end in range(1, len(text)):
        if not _goes_on(text[end]) and normal(text[start:end]):
            yield text[start:end]
            start = end
    yield text[start:]


def _goes_on(character: str) -> bool:
    """Whether a character may combine with those before it: marks, parts of Hangul syllables, ignored characters."""
    if character.isascii():
        return False
    first = normalize("NFKC", character)[0]
    return category(first)[0] == "M" or "\u1160" <= first <= "\u11ff" or _ignored.match(character) is not None
