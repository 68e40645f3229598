"""The seeded corpus: always the same, valid, realistic to read, and as unevenly worded as real text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from itertools import islice
from random import Random
from typing import Any

import numpy as np
import pytest

from loadtests.backend import corpus, prose, words
from loadtests.backend.corpus import books, corpus_sha256
from shared import text
from shared.books import IdentifiedBook, document

SAMPLE = 5_000
ZIPF_RANKS = 2_000


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    return list(books(SAMPLE))


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(sample: list[dict[str, Any]]) -> None:
    assert list(books(100)) == sample[:100]


def test_another_process_makes_the_same_books(sample: list[dict[str, Any]]) -> None:
    code = "from loadtests.backend.corpus import books; print(list(books(20)))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == str(sample[:20])


def test_another_seed_makes_other_books(sample: list[dict[str, Any]]) -> None:
    assert all(book != other for book, other in zip(sample, books(100, seed=2), strict=False))


def test_every_book_is_valid(sample: list[dict[str, Any]]) -> None:
    assert [IdentifiedBook.model_validate(book).model_dump() for book in sample] == sample


def test_every_field_is_indexed(sample: list[dict[str, Any]]) -> None:
    assert {"id", *corpus.MAPPING["properties"]} == {*sample[0], "normal"}
    assert corpus.MAPPING["properties"]["normal"]["properties"].keys() == document(sample[0])["normal"].keys()


def test_identity_changes_with_the_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    before = corpus_sha256(10)
    monkeypatch.setitem(corpus.MAPPING["_meta"], "normal_form", text.VERSION + 1)
    assert corpus_sha256(10) != before


def test_ids_are_unique_and_sort_as_they_were_made(sample: list[dict[str, Any]]) -> None:
    ids = [book["id"] for book in sample]
    assert ids[0] == "book-0000001"
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("size", [200, SAMPLE])
def test_authors_have_several_books_each(sample: list[dict[str, Any]], size: int) -> None:
    per_author = Counter(book["author"] for book in sample[:size])
    assert 4 <= np.mean(list(per_author.values())) <= 10
    assert max(per_author.values()) < size / 10


def test_authors_of_ten_million_books_bear_names_of_their_own() -> None:
    authors = 10_000_000 // corpus._BOOKS_PER_AUTHOR
    assert np.gcd(corpus._NAME_STRIDE, corpus._NAMES) == 1
    assert authors < corpus._NAMES


def test_genres_years_ratings_and_tags_are_spread(sample: list[dict[str, Any]]) -> None:
    assert {book["genre"] for book in sample} == set(words.GENRES)
    assert {len(book["tags"]) for book in sample} == {1, 2, 3, 4, 5}
    assert {book["rating"] for book in sample} <= {tenths / 10 for tenths in range(10, 51)}
    years = [book["year"] for book in sample]
    assert 1800 < min(years) < 1850
    assert np.median(years) > 1990


def test_summaries_have_40_to_120_words(sample: list[dict[str, Any]]) -> None:
    lengths = [len(book["summary"].split()) for book in sample]
    assert prose.SHORTEST_WORDS <= min(lengths) < 50
    assert 100 < max(lengths) <= prose.LONGEST_WORDS


def test_summaries_are_sentences(sample: list[dict[str, Any]]) -> None:
    for sentence in re.split(r"(?<=[.?]) ", " ".join(book["summary"] for book in sample[:500])):
        assert re.fullmatch(r"[A-Z][\w ,;:-]+[.?]", sentence)
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", sentence)


def test_no_sentence_pattern_comes_twice_in_a_summary() -> None:
    for seed in range(200):
        shuffled = list(prose._shuffled_sentences(Random(seed)))
        assert Counter(shuffled) == Counter(prose._SENTENCES)


def test_word_frequencies_follow_zipfs_law(sample: list[dict[str, Any]]) -> None:
    """Over the 2,000 most frequent words, log frequency against log rank is a line that falls by about 1."""
    found = Counter(word for book in sample for word in re.findall(r"[a-z-]+", book["summary"].lower()))
    frequencies = [count for _, count in islice(found.most_common(), ZIPF_RANKS)]
    log_rank, log_frequency = np.log(np.arange(1, ZIPF_RANKS + 1)), np.log(frequencies)
    slope, _ = np.polyfit(log_rank, log_frequency, 1)
    assert slope == pytest.approx(-1.1, abs=0.1)
    assert np.corrcoef(log_rank, log_frequency)[0, 1] ** 2 > 0.98


def test_identity_is_stable_and_quick_for_ten_million_books() -> None:
    assert corpus_sha256(10_000_000) == corpus_sha256(10_000_000)
    assert re.fullmatch("[0-9a-f]{64}", corpus_sha256(1))


def test_identity_tells_sizes_and_seeds_apart() -> None:
    assert len({corpus_sha256(2_000), corpus_sha256(2_001), corpus_sha256(2_000, seed=2)}) == 3


def test_identity_changes_with_the_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    before = corpus_sha256(10)
    monkeypatch.setitem(corpus.MAPPING["properties"], "genre", {"type": "text"})
    assert corpus_sha256(10) != before


def test_identity_changes_with_the_rarest_word(monkeypatch: pytest.MonkeyPatch) -> None:
    before = corpus_sha256(10)
    monkeypatch.setitem(prose.LISTS, "place", prose.ranked((*words.PLACES[:-1], "Elsewhere")))
    assert corpus_sha256(10) != before


@pytest.mark.parametrize("name", ["PEOPLE", "THINGS", "SCENES", "IDEAS", "ADJECTIVES", "ADVERBS", "VERBS", "TAGS"])
def test_a_word_stands_once_in_its_list(name: str) -> None:
    listed = getattr(words, name)
    assert sorted(listed) == sorted(set(listed))


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("book", "books"), ("box", "boxes"), ("branch", "branches"), ("story", "stories"), ("key", "keys")],
)
def test_plural(noun: str, expected: str) -> None:
    assert words.plural(noun) == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("open", ("opened", "opening")),
        ("save", ("saved", "saving")),
        ("study", ("studied", "studying")),
        ("betray", ("betrayed", "betraying")),
    ],
)
def test_past_and_gerund(verb: str, expected: tuple[str, str]) -> None:
    assert (words.past(verb), words.gerund(verb)) == expected
