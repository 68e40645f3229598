"""A file of the user's own books is taken whole, or refused with every bad line named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.backend import corpus
from loadtests.backend.corpora import CorpusFile, SeededCorpus
from loadtests.errors import LabError
from shared.books import ID_PATTERN

BOOK: dict[str, Any] = {
    "id": "b1",
    "title": "Emma",
    "author": "Jane Austen",
    "genre": "Romance",
    "year": 1815,
    "rating": 4.1,
    "summary": "Emma arranges the lives of others.",
    "tags": ["classic"],
}


def line(**changes: Any) -> bytes:
    """A good line but for the changes."""
    return json.dumps(BOOK | changes, ensure_ascii=False).encode() + b"\n"


def corpus_file(folder: Path, *lines: bytes) -> CorpusFile:
    path = folder / "books.ndjson"
    path.write_bytes(b"".join(lines))
    return CorpusFile(path)


def refusal(file: CorpusFile) -> str:
    with pytest.raises(LabError) as caught:
        file.count()
    return str(caught.value)


def test_good_lines_are_counted_and_streamed(tmp_path: Path) -> None:
    file = corpus_file(tmp_path, line(), line(id="b2", title="Ζορμπάς", rating=5).rstrip())
    document = {name: value for name, value in BOOK.items() if name != "id"}
    assert file.count() == 2
    assert list(file.books()) == [("b1", document), ("b2", document | {"title": "Ζορμπάς", "rating": 5.0})]


def test_absent_tags_are_stored_as_none(tmp_path: Path) -> None:
    untagged = {name: value for name, value in BOOK.items() if name != "tags"}
    [(_, document)] = corpus_file(tmp_path, json.dumps(untagged).encode()).books()
    assert document["tags"] == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"\n", "is blank"),
        (b"[1]\n", "Input should be an object"),
        (b'{"id": "b1",\n', "Invalid JSON: EOF while parsing a value at line 2 column 0"),
        (b'{"id": "\xff"}\n', "is not UTF-8 (byte 9)"),
        (line(year="1815"), "year: Input should be a valid integer"),
        (line(id="a/b"), f"id: String should match pattern '^{ID_PATTERN}$'"),
        (line(tags=["ok", " "]), "tags.1: must not be blank"),
        (line(pages=9), "pages: Extra inputs are not permitted"),
        (b'{"year": "1", ' + line(id="b2")[1:], "an object has the same name twice"),
        (b'{"id": "b3", ' + line(id="b2")[1:], "an object has the same name twice"),
        (line(id="b2")[:-2] + b', "\\u0069d": "b2"}\n', "an object has the same name twice"),
        (line().decode().encode("utf-16"), "is not UTF-8 (byte 1)"),
        (b"\xef\xbb\xbf\n", "is blank"),
        (line(rating=9, year=9999), "year: Input should be less than or equal to 2200; rating: Input should be less"),
    ],
)
def test_a_bad_line_is_named_with_its_reason(tmp_path: Path, bad: bytes, reason: str) -> None:
    assert f"\nline 2: {reason}" in refusal(corpus_file(tmp_path, line(id="b0"), bad, line(id="b3")))


def test_byte_order_marks_are_passed_over(tmp_path: Path) -> None:
    """Of a file, and of files that were put together."""
    mark = b"\xef\xbb\xbf"
    file = corpus_file(tmp_path, mark + line(), mark + line(id="b2", title="\ufeffKept"))
    assert file.count() == 2
    assert [(book_id, book["title"]) for book_id, book in file.books()] == [("b1", "Emma"), ("b2", "\ufeffKept")]


def test_a_repeated_id_is_named(tmp_path: Path) -> None:
    file = corpus_file(tmp_path, line(), line(id="b2"), line(title="Again"))
    assert refusal(file).endswith("\nline 3: id: b1 is the id of an earlier line too")


def test_of_many_bad_lines_the_first_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    first, *named = refusal(corpus_file(tmp_path, line(), *[b"\n"] * 1_030)).splitlines()
    assert first.endswith("books.ndjson was not loaded, because it has bad lines:")
    assert named == [*(f"line {number}: is blank" for number in range(2, 22)), "and 1,010 more"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refusal(corpus_file(tmp_path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory)" in refusal(CorpusFile(tmp_path / "none"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (Is a directory)" in refusal(CorpusFile(tmp_path))


def test_identity_is_of_the_bytes_and_the_mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identities = [corpus_file(tmp_path, line()).sha256(), corpus_file(tmp_path, line(), b"\n").sha256()]
    monkeypatch.setitem(corpus.MAPPING["properties"], "genre", {"type": "text"})
    identities.append(corpus_file(tmp_path, line()).sha256())
    assert len(set(identities)) == 3


def test_the_seeded_corpus_is_the_shared_one() -> None:
    seeded = SeededCorpus(3)
    assert (seeded.count(), seeded.sha256()) == (3, corpus.corpus_sha256(3))
    assert [{"id": book_id} | book for book_id, book in seeded.books()] == list(corpus.books(3))
