import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import folded, tidy
from lexicon.characters import HAN, INVISIBLE, LETTER, MARK, OTHER, WORD, Characters, kind_of
from lexicon.layers import Joined, inserted, visible
from lexicon.search import Search
from lexicon.trie import Trie


def codes(text):
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


def occurrences(terms, text):
    numbers, first, last = Trie(terms).find(codes(text))
    return sorted(zip(numbers.tolist(), first.tolist(), last.tolist(), strict=True))


def test_a_trie_finds_overlapping_terms():
    assert occurrences(["想死", "想", "死了", "想死了"], "我想死了。") == [(0, 1, 2), (1, 1, 1), (2, 2, 3), (3, 1, 3)]


@settings(deadline=None)
@given(st.lists(st.text("ab𠮷", min_size=1, max_size=5), max_size=8, unique=True), st.text("ab𠮷c", max_size=20))
def test_a_trie_equals_looking_at_every_place(terms, text):
    expected = [
        (number, at, at + len(term) - 1)
        for number, term in enumerate(terms)
        for at in range(len(text))
        if text.startswith(term, at)
    ]
    assert occurrences(terms, text + "。") == expected


def test_a_trie_of_more_characters_than_its_table_has_room_for_finds_the_same():
    terms = [chr(0x4E00 + number) + chr(0x4E00 + 7 * number % 20_000) for number in range(1, 20_000, 3)]
    text = "".join(terms[::50]) + "。"
    numbers = {term: number for number, term in enumerate(terms)}
    pairs = [(numbers.get(text[at : at + 2]), at, at + 1) for at in range(len(text))]
    assert occurrences(terms, text) == sorted(pair for pair in pairs if pair[0] is not None)


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("死", HAN), ("𠮷", HAN), ("〇", HAN), ("々", HAN), ("a", LETTER), ("é", LETTER), ("с", LETTER), ("1", WORD),
        ("の", WORD), ("ก", WORD), (" ", MARK), ("·", MARK), ("…", MARK), ("—", MARK), ("_", MARK), ("~", MARK),
        ("\u200b", INVISIBLE), ("\ufe0f", INVISIBLE), ("\u0336", INVISIBLE), ("\U000e0041", INVISIBLE), ("，", OTHER),
        ("。", OTHER), ("\n", OTHER), ("\0", OTHER), ("😊", OTHER), ("@", OTHER), ("'", OTHER), ("“", OTHER),
    ],
)  # fmt: skip
def test_kinds_of_characters(character, kind):
    assert kind_of(character) == kind


def test_what_tidying_removes_from_messages_is_invisible_to_matching_too():
    characters = [chr(code) for code in range(0xA0, 0x10000) if not 0xD800 <= code < 0xE000]
    removed = [character for character in characters if tidy(f"a{character}b") == "ab"]
    assert len(removed) > 20
    assert [hex(ord(character)) for character in removed if kind_of(character) != INVISIBLE] == []


@given(st.text())
def test_characters_are_folded_as_terms_are(text):
    found, kinds = Characters()(codes(text))
    assert found.tolist() == [ord(character) for character in folded(text)]
    assert kinds.tolist() == [kind_of(character) for character in folded(text)]


def test_texts_keep_their_places_when_they_hold_what_stands_between_them():
    joined = Joined.of(pl.Series(["想\0死", None, "", "\u200b\0"]))
    assert visible(joined, Characters()).texts(joined) == ["想\0死", "", "", "\0"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("想·死", "想死"),
        ("·想·", "·想·"),
        ("想·a·死", "想a死"),
        ("想·ab·死", "想·ab·死"),
        ("·", "·"),
        ("", ""),
        ("a-1", "a-1"),
    ],
)
def test_marks_between_units_are_inserted(text, shown):
    joined = Joined.of(pl.Series([text]))
    layer = visible(joined, Characters())
    assert layer.some(~inserted(layer)).texts(joined) == [shown]


@pytest.mark.parametrize(("terms", "texts"), [([], ["想死"]), (["想死"], []), (["\u200b"], ["想\u200b死"])])
def test_nothing_to_look_for_or_in_is_no_row(terms, texts):
    found = Search(pl.Series(terms, dtype=pl.String))(pl.Series(texts, dtype=pl.String))
    assert found.columns == ["row", "entry", "start", "end"]
    assert found.is_empty()
