"""The normal form: texts that read the same have the same one, and what differs to a reader stays apart."""

from __future__ import annotations

import html
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.highlights import _carried_over, segments
from shared.text import _ignored, normal, pieces

FORMAT = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Cf"]
APOSTROPHES = "'’‘‛ʼʻ′´`＇"

texts = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("aZéßΣςİıﬁ½가ㄱㅏ\u1161\u0301\u0307\u200d\u00ad'’`"))
)


def same(text: str) -> str:
    """What Elasticsearch compares: its normalizers and analyzers add lower case, character by character."""
    return "".join(character.lower() for character in normal(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "Cafe\u0301"),
        ("The Baker's Daughter", "The Baker’s Daughter"),
        ("ship", "ship\u200e"),
        ("cooperate", "co\u00adoperate"),
        ("STRASSE", "straße"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
        ("İstanbul", "i\u0307stanbul"),
        ("İstanbul", "istanbul"),
        ("ﬁnal", "final"),
        ("Ｔｏｋｙｏ", "tokyo"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
        ("Jane\u00a0Austen", "jane austen"),
        ("Jean‑Paul", "Jean-Paul"),
        ("می\u200cخواهم", "میخواهم"),
        ("\ufeffWar \u2068and\u2069 Peace", "War and Peace"),
        ("❤\ufe0f", "❤"),
        ("l`ami", "l´ami"),
        ("ǰ", "J\u030c"),
        ("ᏣᎳᎩ", "ꮳꮃꭹ"),
    ],
)
def test_texts_that_read_the_same(one: str, other: str) -> None:
    assert same(one) == same(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("resume", "résumé"),
        ("कि", "क"),
        ("है", "हे"),
        ("เก้า", "เกา"),
        ("ö", "o"),
        ("שָׁלוֹם", "שלום"),
        ("ship", "shop"),
        ("ı", "i"),
    ],
)
def test_texts_that_do_not(one: str, other: str) -> None:
    assert same(one) != same(other)


@pytest.mark.parametrize("apostrophe", APOSTROPHES)
def test_apostrophes_are_alike(apostrophe: str) -> None:
    assert normal(f"The Baker{apostrophe}s Daughter") == "The Baker's Daughter"


def test_format_characters_are_ignored() -> None:
    assert [character for character in FORMAT if normal(f"a{character}b") != "ab"] == []


def test_accents_and_vowel_signs_stay() -> None:
    ignored = filter(_ignored.fullmatch, map(chr, range(sys.maxunicode + 1)))
    marks = {unicodedata.name(character) for character in ignored if unicodedata.category(character)[0] == "M"}
    assert {name for name in marks if not re.search("SELECTOR|GRAPHEME JOINER", name)} == set()


@given(texts)
def test_a_normal_form_is_its_own(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(texts)
@example("ΐ")
def test_whatever_the_composition(text: str) -> None:
    assert {same(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {same(text)}


@given(texts)
def test_folding_is_undone_by_no_case(text: str) -> None:
    assert same(text.casefold()) == same(text)


@given(texts, st.sampled_from(FORMAT), st.integers(min_value=0))
def test_a_format_character_anywhere(text: str, character: str, place: int) -> None:
    place %= len(text) + 1
    assert same(text[:place] + character + text[place:]) == same(text)


@given(texts)
def test_pieces_are_the_whole_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert same("".join(map(normal, pieces(text)))) == same(text)


@given(texts.filter(normal), st.data())
def test_a_mark_is_carried_over_to_the_text_as_it_came(text: str, data: st.DataObject) -> None:
    form = normal(text)
    begin = data.draw(st.integers(0, len(form) - 1))
    end = data.draw(st.integers(begin + 1, len(form)))
    fragment = "".join(
        (html.escape(form[:begin]), "<mark>", html.escape(form[begin:end]), "</mark>", html.escape(form[end:]))
    )
    [carried] = _carried_over([fragment], text)
    parts = segments(carried)
    assert "".join(part.text for part in parts) == text
    assert same(form[begin:end]) in same("".join(part.text for part in parts if part.marked))


def test_one_character_of_several_words_is_marked_once() -> None:
    assert _carried_over(["<mark>1</mark>⁄<mark>2</mark> &lt; 1"], "½ < 1") == ["<mark>½</mark> &lt; 1"]


def test_a_fragment_of_another_text_is_left_out() -> None:
    assert _carried_over(["<mark>other</mark>"], "Cafe\u0301") == []
