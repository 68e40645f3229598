"""Seeded prose: readable sentences whose words are as unevenly frequent as in real text.

By Zipf's law the word of rank r occurs in proportion to 1/r. Each part of speech is drawn so, with Mandelbrot's shift,
1/(r + shift), so that the first words don't occur too often. Lists that each follow the law follow it together too. The
patterns add the small words, the most frequent in any English text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from loadtests.backend import words

SHORTEST_WORDS, LONGEST_WORDS = 40, 120
"""The length of a summary."""

_SHIFT = 3


class Ranked(NamedTuple):
    """Words by rank, with the parameters of their distribution."""

    words: tuple[str, ...]
    ratio: float


def ranked(words: tuple[str, ...]) -> Ranked:
    """The words, the most frequent first, ready to be drawn from."""
    return Ranked(words, 1 + len(words) / _SHIFT)


LISTS = {
    "name": ranked(words.GIVEN_NAMES),
    "surname": ranked(words.SURNAMES),
    "place": ranked(words.PLACES),
    "person": ranked(words.PEOPLE),
    "persons": ranked(tuple(map(words.plural, words.PEOPLE))),
    "thing": ranked(words.THINGS),
    "things": ranked(tuple(map(words.plural, words.THINGS))),
    "scene": ranked(words.SCENES),
    "scenes": ranked(tuple(map(words.plural, words.SCENES))),
    "idea": ranked(words.IDEAS),
    "adjective": ranked(words.ADJECTIVES),
    "adverb": ranked(words.ADVERBS),
    "verb": ranked(words.VERBS),
    "verbs": ranked(tuple(map(words.plural, words.VERBS))),
    "verbed": ranked(tuple(map(words.past, words.VERBS))),
    "verbing": ranked(tuple(map(words.gerund, words.VERBS))),
}
"""The fillers of a pattern's gaps, by the gap's name."""

_CAPITALISED = {
    name: Ranked(tuple(word.capitalize() for word in words), ratio) for name, (words, ratio) in LISTS.items()
}


@dataclass(frozen=True)
class _Pattern:
    """A sentence or title with gaps, and the list that fills each gap."""

    text: str
    gaps: tuple[Ranked, ...]
    words: int

    @classmethod
    def parse(cls, line: str, lists: Mapping[str, Ranked]) -> _Pattern:
        gaps = tuple(lists[name] for name in re.findall(r"{(\w+)}", line))
        return cls(text=re.sub(r"{\w+}", "%s", line), gaps=gaps, words=len(line.split()))

    def fill(self, random: Random) -> str:
        """The text, no two gaps alike."""
        chosen: tuple[str, ...] = ()
        while len(set(chosen)) < len(self.gaps):
            chosen = zipf(self.gaps, random)
        return self.text % chosen


def _patterns(lists: Mapping[str, Ranked], text: str) -> tuple[_Pattern, ...]:
    return tuple(_Pattern.parse(line.strip(), lists) for line in text.strip().splitlines())


_SENTENCES = _patterns(
    LISTS,
    """
    {name} {surname} is a {adjective} {person} from {place} who {verbs} the {thing} of a {adjective} {person}.
    In the {scene} of {place}, the {adjective} {person} {adverb} {verbs} a {thing} that nobody else wants to {verb}.
    When the {persons} of {place} {verb} the {adjective} {scene}, {name} has to {verb} the {thing}.
    This is a book about {idea} and {idea}, and about the {persons} who {verb} them.
    Between the {scene} and the {scene} lies a {thing} that {name} {verbed} long ago.
    It was {name} who {verbed} the {thing}, and {name} who {adverb} {verbed} the {adjective} {person}.
    The {persons} and {persons} of the {scene} {verb} their {things}, but their {idea} is not what it seems.
    No {person} in {place} would {verb} the {adjective} {things}, for {idea} has its price.
    Years later, {name} returns to the {scene} to {verb} the {thing} that once {verbed} {place}.
    {name} wants to {verb} a {thing}; the {person} wants only {idea}.
    With {idea} and a {adjective} {thing}, the {person} sets out from {place} to {verb} the {scenes} of {place}.
    Here is a {adjective} portrait of {place}, its {scenes} and its {persons}, told with {idea} and {idea}.
    What begins as {idea} soon turns into {idea}, as {name} and {name} {verb} the {scene}.
    By {verbing} the {things} of {place}, the {adjective} {person} learns to {verb} {idea}.
    Some {persons} {verb} {idea}; others {verb} the {scene}, and few come back.
    There is a {thing} in the {scene}, and {surname} means to {verb} it before the {persons} do.
    From {place} to {place}, the {persons} of this story {verb} {things}, {things} and each other.
    Her {thing} is {adjective}, her {scene} is {adjective}, and her {person} is about to {verb} them both.
    He has {verbed} {scenes} and {things}, but never the {idea} of {name} {surname}.
    They say that the {adjective} {scene} was {verbed} by {persons}, yet {name} {verbs} it {adverb}.
    The {thing} was {verbed} in {place}, and since then {idea} {adverb} {verbs} the {scene}.
    To {verb} the {scene} is one thing, to {verb} its {persons} is another.
    At the heart of it stands the {adjective} {thing} of {place}, {verbed} by {name} and {verbed} by all.
    Now {name} and the {person} {adverb} {verb} a {scene} of {adjective} {things}.
    Can a {person} {verb} {idea} without {verbing} the {scene} that made her?
    The author writes {adverb} of {things} and {scenes}, of {idea}, and of the {adjective} {persons} of {place}.
    After the {thing} of {surname} is {verbed}, {persons} from {place} and {place} come to {verb} the {scene}.
    For {name}, {idea} is a {adjective} {scene}, and {idea} the {thing} that opens it.
    All of {place} knows the {person} who {verbed} {name}, but only {name} knows why.
    But the {scene} is not empty: a {adjective} {person} has {adverb} {verbed} the {thing} for {idea}.
    On the road to {place} the {adjective} {persons} {verb} a {person}, a {thing} and the {idea} of a {scene}.
    """,
)

_TITLES = _patterns(
    _CAPITALISED,
    """
    The {adjective} {thing}
    The {person} of {place}
    The {thing} and the {person}
    {idea} and {idea}
    The {adjective} {person} of {place}
    One {thing} for {name}
    {things} of {idea}
    The {scene} of {adjective} {things}
    {adjective} {idea}
    The {person} who {verbed} {place}
    {verbing} {place}
    The {adjective} {scene}
    Beyond the {scene}
    {name} and the {things}
    The Last {thing} in {place}
    """,
)

_LONGEST_SENTENCE_WORDS = max(pattern.words for pattern in _SENTENCES)
_BEFORE_VOWEL = re.compile(" a (?=[aeiou])")


def zipf(lists: Iterable[Ranked], random: Random) -> tuple[str, ...]:
    """A word of each list, the word of rank r (from 0) in proportion to 1/(r + shift): the inverse of its
    distribution."""
    draw = random.random
    return tuple([words[int(_SHIFT * ratio ** draw()) - _SHIFT] for words, ratio in lists])


def summary(random: Random) -> str:
    """A paragraph of SHORTEST_WORDS to LONGEST_WORDS words."""
    wanted = SHORTEST_WORDS + random.random() * (LONGEST_WORDS - _LONGEST_SENTENCE_WORDS - SHORTEST_WORDS)
    sentences: list[str] = []
    written = 0
    for pattern in _shuffled_sentences(random):
        sentences.append(pattern.fill(random))
        written += pattern.words
        if written >= wanted:
            break
    return _BEFORE_VOWEL.sub(" an ", " ".join(sentences))


def title(random: Random) -> str:
    """A title, capitalised as English titles are."""
    return _TITLES[int(random.random() * len(_TITLES))].fill(random)


def _shuffled_sentences(random: Random) -> Iterator[_Pattern]:
    """Each pattern once: their number is a prime, so any step leads round to all (`Random.sample` is slow)."""
    number = len(_SENTENCES)
    first, step = int(random.random() * number), 1 + int(random.random() * (number - 1))
    return (_SENTENCES[(first + n * step) % number] for n in range(number))
