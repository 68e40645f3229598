"""The sources of books: the seeded corpus, or a file of the user's. Both have an identity, a size and a stream."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from loadtests.backend import corpus
from loadtests.errors import LabError, refusal
from shared import bodies
from shared.books import IdentifiedBook, source

_NAMED_LINES = 20


class Corpus(Protocol):
    """Books to be loaded."""

    def sha256(self) -> str:
        """The identity of this corpus under the mapping, in hex."""

    def count(self) -> int:
        """The number of books. Raises LabError when any is not valid."""

    def books(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each book's id and document, streamed."""


@dataclass(frozen=True)
class SeededCorpus:
    """The first `size` books that `loadtests.backend.corpus` generates."""

    size: int

    def sha256(self) -> str:
        return corpus.corpus_sha256(self.size)

    def count(self) -> int:
        return self.size

    def books(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((book.pop("id"), book) for book in corpus.books(self.size))


@dataclass(frozen=True)
class CorpusFile:
    """The user's own books: one JSON object a line, in UTF-8, each a valid `shared.books.IdentifiedBook`.

    Byte order marks at the start of lines, as Windows writes them, are skipped.
    """

    path: Path

    def sha256(self) -> str:
        """A digest of the mapping and the file's bytes. Raises LabError when there is no file to read."""
        mapping = json.dumps(corpus.MAPPING, sort_keys=True).encode()
        with self._open() as file:
            return hashlib.file_digest(file, lambda: hashlib.sha256(mapping)).hexdigest()

    def count(self) -> int:
        """The number of books. Raises LabError that names bad lines by number and reason."""
        with self._open() as file:
            count, bad_lines = _examine(file)
        if bad_lines:
            raise LabError(f"CORPUS={self.path} was not loaded, because it has bad lines:\n" + _listed(bad_lines))
        if count == 0:
            raise LabError(f"CORPUS={self.path} is empty: write one book a line, as a JSON object")
        return count

    def books(self) -> Iterator[tuple[str, dict[str, Any]]]:
        with self._open() as file:
            for line in file:
                book = IdentifiedBook.model_validate_json(_without_mark(line))
                yield book.id, source(book)

    def _open(self) -> BufferedReader:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise LabError(f"CORPUS={self.path} cannot be read ({error.strerror}): name a file of books") from error


def _examine(lines: BufferedReader) -> tuple[int, list[str]]:
    """The number of good lines, and the error of each bad one."""
    seen: set[bytes] = set()
    bad_lines = []
    for number, line in enumerate(lines, start=1):
        try:
            _remember(_book(line).id, seen)
        except ValueError as error:
            bad_lines.append(f"line {number}: {error}")
    return len(seen), bad_lines


def _book(line: bytes) -> IdentifiedBook:
    """Parse a line. Raises ValueError with the reason when it is not a book."""
    line = _without_mark(line)
    if not line.strip():
        raise ValueError("is blank")
    try:
        book = IdentifiedBook.model_validate_json(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start + 1})") from error
    except ValidationError as error:
        raise ValueError("; ".join(_reason(e["loc"], e["msg"]) for e in error.errors(include_url=False))) from error
    json.loads(line, object_pairs_hook=bodies.without_duplicates)
    return book


def _without_mark(line: bytes) -> bytes:
    return line.removeprefix(codecs.BOM_UTF8)


def _reason(location: tuple[int | str, ...], message: str) -> str:
    return ": ".join(filter(None, [".".join(map(str, location)), refusal(message)]))


def _remember(book_id: str, seen: set[bytes]) -> None:
    """Finds repeated ids. They are kept as digests of 8 bytes: a million take some 100 MB, with a false alarm once
    in 10^7 such files."""
    digest = hashlib.blake2b(book_id.encode(), digest_size=8).digest()
    if digest in seen:
        raise ValueError(f"id: {book_id} is the id of an earlier line too")
    seen.add(digest)


def _listed(bad_lines: list[str]) -> str:
    more = len(bad_lines) - _NAMED_LINES
    return "\n".join([*bad_lines[:_NAMED_LINES], *([f"and {more:,} more"] if more > 0 else [])])
