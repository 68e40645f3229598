"""The seeded corpus: the index mapping, and any number of generated books, always the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from loadtests.backend import prose, words
from shared import text

SEED = 1
"""The seed of the corpus that every documented figure was measured on."""

_TEXT = {"type": "text"}
_STORED_TEXT = _TEXT | {"store": True}
_SHOWN_TEXT = _TEXT | {"index": False}
_FOLDED = {"type": "keyword", "normalizer": "lowercase"}

MAPPING: dict[str, Any] = {
    "_meta": {"normal_form": text.VERSION},
    "dynamic": "strict",
    "_source": {"excludes": ["normal"]},
    "properties": {
        "title": _SHOWN_TEXT,
        "author": {"type": "keyword"},
        "genre": {"type": "keyword"},
        "year": {"type": "short"},
        # A double, so that sort values and aggregations give back the very number of the JSON: 3.7, not 3.7000000477.
        "rating": {"type": "double"},
        "tags": {"type": "keyword"},
        "summary": _SHOWN_TEXT,
        # Normal forms (`shared.books.document`). Highlights and similar books read the text, which `_source` lacks.
        "normal": {
            "properties": {
                "title": _STORED_TEXT | {"fields": {"sort": _FOLDED}},
                "author": _FOLDED | {"fields": {"text": _TEXT}},
                "genre": _FOLDED,
                "tags": _STORED_TEXT,
                "summary": _STORED_TEXT,
            }
        },
    },
}
"""The index mapping; the code that makes an index adds to its `_meta`.

It needs no plugin: `standard` and `lowercase` are in Elasticsearch's core.
"""

_HASHED_BOOKS = 300
_BOOKS_PER_AUTHOR = 8
_FIRST_AUTHORS = 20
_GENRES = prose.ranked(words.GENRES)
_TAGS = prose.ranked(words.TAGS)
_LATEST_YEAR, _YEARS = 2025, 225
_NAMES = len(words.GIVEN_NAMES) * len(words.SURNAMES) * 26
_NAME_STRIDE = 1_000_003
"""A prime that does not divide the number of names, so that steps of it meet every name once."""


def books(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The first `count` books, each a valid `shared.books.IdentifiedBook`. Book i depends only on the seed and i."""
    random = Random()
    for number in range(1, count + 1):
        random.seed(f"{seed}/{number}")
        yield _book(number, random)


def corpus_sha256(count: int, seed: int = SEED) -> str:
    """The identity of `count` books under MAPPING, in hex: a change of generator, words or mapping changes it.

    It hashes the parameters, the mapping, the words and the first 300 books, and so costs the same for a million.
    """
    hashed = [count, seed, MAPPING, prose.LISTS, _GENRES, _TAGS, list(books(min(count, _HASHED_BOOKS), seed))]
    return hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()


def _book(number: int, random: Random) -> dict[str, Any]:
    author = _author_number(number, random)
    return {
        "id": f"book-{number:07}",
        "title": prose.title(random),
        "author": _author_name(author),
        "genre": _genre(author, random),
        "year": _LATEST_YEAR - int(_YEARS * random.random() ** 3),
        "rating": round(random.triangular(1, 5, 4), 1),
        "summary": prose.summary(random),
        "tags": _tags(random),
    }


def _author_number(book_number: int, random: Random) -> int:
    """An author from a circle that grows with the library, so that authors have several books at every size."""
    return int(random.random() * (_FIRST_AUTHORS + book_number / _BOOKS_PER_AUTHOR))


def _author_name(number: int) -> str:
    """A name for each number; a middle initial keeps ten million books from running out of names."""
    rest, given = divmod(number * _NAME_STRIDE % _NAMES, len(words.GIVEN_NAMES))
    surname, initial = divmod(rest, 26)
    return f"{words.GIVEN_NAMES[given]} {chr(ord('A') + initial)}. {words.SURNAMES[surname]}"


def _genre(author: int, random: Random) -> str:
    """The author's own genre mostly, sometimes another."""
    if random.random() < 0.75:
        return words.GENRES[author % len(words.GENRES)]
    [genre] = prose.zipf([_GENRES], random)
    return genre


def _tags(random: Random) -> list[str]:
    wanted = 1 + int(random.random() * 5)
    return list(dict.fromkeys(prose.zipf([_TAGS] * wanted, random)))
