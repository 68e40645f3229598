"""The load generator's knowledge of the corpus: a sample of its books, the same for every run on the same corpus."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

LOAD_TEST_TAG = "twinlab-load-test"
"""The tag of books that a load test writes; only books with it are ever removed."""


@dataclass(frozen=True)
class Known:
    """A book of the corpus, and words that must find it in a search: tokens of its summary."""

    id: str
    title: str
    genre: str
    year: int
    words: list[str]


@dataclass(frozen=True)
class Catalogue:
    """The sample, in an order that depends on the ids alone: the first is the most popular."""

    books: list[Known]

    @property
    def sha256(self) -> str:
        """The sample's identity: runs with different samples are not alike."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps([asdict(book) for book in self.books], sort_keys=True)

    @classmethod
    def read(cls, path: Path) -> Catalogue:
        return cls([Known(**book) for book in json.loads(path.read_text())])
