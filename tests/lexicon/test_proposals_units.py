import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import folded
from lexicon.proposals.known import near
from lexicon.proposals.units import units_of
from lexicon.proposals.vocabulary import vocabulary

CHAT = st.lists(st.text("好累想了a B。 〔方法〕〈用户〉\n", max_size=14), max_size=6)


def units(*contents):
    return units_of(pl.Series(contents, dtype=pl.String))


def terms(*contents, min_messages=1, masked=()):
    made = units(*contents)
    found = vocabulary(made, np.isin(np.arange(len(made.codes)), masked), min_messages)
    return {made.text(int(key)): place for place, key in enumerate(found.keys)}, found


def shown(made):
    """Units as text: characters, words, and | for a break."""
    return [made.characters[code] if code > 0 else made.words[-code] if code else "|" for code in made.codes]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("好累", ["好", "累", "|"]),
        ("so tired", ["so", "tired", "|"]),
        ("ＥＭＯ了", ["emo", "了", "|"]),
        ("don't stop", ["don't", "stop", "|"]),
        ("好 累", ["好", "|", "累", "|"]),
        ("emo 了", ["emo", "|", "了", "|"]),
        ("好，累！！！", ["好", "|", "累", "|", "|"]),
        ("看了〔方法〕的讨论", ["看", "了", "|", "的", "讨", "论", "|"]),
        ("〈成员:3fa9c1〉在", ["|", "在", "|"]),
        ("〈没有结束", ["|", "没", "有", "结", "束", "|"]),
        ("hi\nyou", ["hi", "you", "|"]),
        ("🙂", ["|", "|"]),
    ],
)
def test_a_message_is_characters_words_and_breaks(content, wanted):
    assert shown(units(content)) == wanted


def test_messages_never_run_into_each_other():
    assert shown(units("so", "tired", "好", "累")) == ["so", "|", "tired", "|", "好", "|", "累", "|"]


def test_units_know_their_message_and_offset():
    made = units("嗨 好累", "no, emo")
    assert [made.place(unit, 1) for unit in (0, 2, 3, 5, 8)] == [(0, 0, 1), (0, 2, 3), (0, 3, 4), (1, 0, 1), (1, 4, 5)]


def test_no_messages_have_no_units():
    assert (units().codes.tolist(), units().n_messages) == ([], 0)


def test_spans_of_characters_become_spans_of_units():
    made = units("嗨", "so tired 好累")
    rows, starts, ends = np.array([1, 1, 1]), np.array([3, 4, 9]), np.array([8, 6, 11])
    first, end = made.inside(rows, starts, ends)
    assert [shown(made)[one:other] for one, other in zip(first, end, strict=True)] == [
        ["tired"],
        ["tired"],
        ["好", "累"],
    ]
    assert [shown(made)[unit] for unit in np.flatnonzero(made.masked(first, end))] == ["tired", "好", "累"]


def test_keys_and_texts_belong_together():
    made = units("好累好累啊")
    assert [made.text(made.key(text)) for text in ("好累", "累好累", "好累好累")] == ["好累", "累好累", "好累好累"]
    assert (made.key("没有"), made.character_counts) == (0, {"好": 2, "累": 2, "啊": 1})


@given(CHAT)
def test_runs_are_counted_as_plainly_as_can_be(contents):
    place, found = terms(*contents)
    plain, holds = Counter(), Counter()
    for content in contents:
        whole = re.sub("〈[^〉]*〉|〔[^〕]*〕", "|", folded(content))
        here = Counter(
            run[at : at + size]
            for run in re.findall("[\u4e00-\u9fff]+", whole)
            for size in (2, 3, 4)
            for at in range(len(run) - size + 1)
        ) + Counter(word for word in re.findall("[a-z]+", whole) if len(word) > 1)
        plain.update(here)
        holds.update(here.keys())
    assert {term: (found.counts[at], found.messages[at]) for term, at in place.items()} == {
        term: (count, holds[term]) for term, count in plain.items()
    }


@given(CHAT)
def test_every_occurrence_points_into_its_message(contents):
    made = units(*contents)
    found = vocabulary(made, np.zeros(len(made.codes), bool), 1)
    for token, first in zip(found.tokens, found.first, strict=True):
        text = made.text(int(found.keys[token]))
        row, start, end = made.place(int(first), len(text))
        assert folded(contents[row][start:end]) == text


def test_rare_terms_and_masked_places_are_left_out():
    place, found = terms("今天好累", "好累", "没事好累", min_messages=3)
    assert (list(place), found.counts.tolist()) == (["好累"], [3])
    place, _ = terms("今天好累", masked=(2,))
    assert list(place) == ["今天"]


def test_words_have_two_letters_and_are_no_numbers():
    assert list(terms("x 12 b2 emo 3.5 nb")[0]) == ["nb", "emo", "b2"]


def test_a_run_that_always_stands_in_a_longer_one_is_no_word():
    contents = ["睡不着了", "又睡不着", "唉睡不着呀", "他睡不着啊"]
    place, found = terms(*contents)
    assert [term for term in ("睡不着", "睡不", "不着") if found.whole[place[term]]] == ["睡不着"]


def test_what_stands_free_is_a_word_even_as_a_whole_message():
    place, found = terms("难受", "难受", "难受", "我在家呢", "他在上课")
    assert (found.is_whole(found.keys[place["难受"]]), found.is_whole(-77)) == (True, None)


def test_particles_open_no_word():
    place, found = terms("走吗走", "来吗走", "去吗走", "走", "吗")
    assert not found.whole[place["吗走"]]


@pytest.mark.parametrize(
    ("distance", "wanted"), [(0, [2, 7]), (1, [1, 2, 3, 6, 7]), (2, [0, 1, 2, 3, 4, 5, 6, 7]), (9, list(range(8)))]
)
def test_near_counts_places_within_a_chat(distance, wanted):
    chats = np.array([1, 1, 1, 1, 1, 2, 2, 2, 3])
    signals = np.isin(np.arange(9), [2, 7])
    assert np.flatnonzero(near(chats, signals, distance)).tolist() == wanted


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=15), st.integers(0, 4))
def test_near_is_what_two_loops_find(rows, distance):
    ordered = sorted(rows, key=lambda row: row[0])
    chats, signals = (np.array([row[place] for row in ordered], dtype) for place, dtype in ((0, int), (1, bool)))
    plain = [
        any(signals[j] and chats[i] == chats[j] and abs(i - j) <= distance for j in range(len(ordered)))
        for i in range(len(ordered))
    ]
    assert near(chats, signals, distance).tolist() == plain
