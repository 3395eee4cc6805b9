"""The order of a chat, and joining what two sources hold of it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ordering import KEYS_SCHEMA, Joined, join

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
NOTHING = pl.DataFrame(schema=KEYS_SCHEMA)


def at(minute: int | None) -> datetime | None:
    return None if minute is None else START + timedelta(minutes=minute)


def keys(text: str, part: int = 0) -> pl.DataFrame:
    """``a0 b0 c1@5``: messages a and b of minute 0, c of minute 1, edited in minute 5."""
    rows = []
    for number, word in enumerate(text.split()):
        sent, _, edited = word[1:].partition("@")
        rows.append((word[0], at(int(sent)), at(int(edited) if edited else None), part, number))
    return pl.DataFrame(rows, schema=KEYS_SCHEMA, orient="row")


def order(joined: Joined) -> str:
    return "".join(joined.keys.get_column("message_id"))


def joined(first: str, second: str, prefer_new: bool = False) -> Joined:
    return join(join(NOTHING, keys(first)).keys, keys(second, 1), prefer_new)


def counts(outcome: Joined) -> tuple[int, int, int]:
    return outcome.new, outcome.updated, outcome.duplicates


def test_one_source_is_sorted_by_time_and_keeps_its_order_within_a_minute():
    assert order(join(NOTHING, keys("c1 a0 d1 b0"))) == "abcd"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a0 b0 c0", "b0 c0 d0", "abcd"),  # two windows of one chat
        ("a0 b0 c0 d0", "b0 c0", "abcd"),  # one inside the other
        ("a0 c0 d0", "a0 b0 c0", "abcd"),  # one lacks a message in the middle
        (
            "b0 c0",
            "a0 b0 d0",
            "abdc",
        ),  # rivals after an anchor, same extent: the source that holds the smallest id first
        ("a0 x1 b1", "p1 x1 q1", "apxbq"),  # rivals on both sides of an anchor: the source that begins earlier is first
        ("a0 b1", "c1 d2", "abcd"),  # no overlap, but the first begins earlier
        ("z0 y0", "b0 a0", "bazy"),  # nothing decides but the smallest id
        ("a0 b1", "c2 d3", "abcd"),
        ("a0", "", "a"),
    ],
)
def test_two_sources_have_one_order_whichever_comes_first(first, second, expected):
    assert order(joined(first, second)) == expected
    assert order(joined(second, first)) == expected


def test_sources_that_contradict_each_other_keep_the_order_that_was_there():
    assert order(joined("a0 b0 c0", "c0 x0 a0 b0")) == "abcx"


def test_messages_are_counted_once_each():
    assert counts(joined("a0 b0", "b0 c0 c0 d0")) == (2, 0, 2)


def test_the_same_source_again_changes_nothing():
    outcome = joined("a0 b0 c1", "a0 b0 c1")
    assert (order(outcome), counts(outcome)) == ("abc", (0, 0, 3))
    assert outcome.keys.get_column("part").to_list() == [0, 0, 0]


@pytest.mark.parametrize(
    ("first", "second", "parts", "expected"),
    [
        ("a0 b0 c0", "b0@5", [0, 1, 0], (0, 1, 0)),
        ("a0 b0@5 c0", "b0@5", [0, 0, 0], (0, 0, 1)),
        ("a0 b0@6 c0", "b0@5", [0, 0, 0], (0, 0, 1)),
        ("a0 b0@5 c0", "b0", [0, 0, 0], (0, 0, 1)),
        ("a0 b0 c0", "b0@5 b0@7 b0@6", [0, 1, 0], (0, 1, 2)),
    ],
)
def test_the_newest_version_stays_at_the_known_place(first, second, parts, expected):
    outcome = joined(first, second)
    assert order(outcome) == "abc"
    assert outcome.keys.get_column("part").to_list() == parts
    assert counts(outcome) == expected


def test_within_a_source_the_newest_version_stands_at_the_place_of_the_first():
    outcome = join(NOTHING, keys("a0 b0 a0@9 c0"))
    assert (order(outcome), counts(outcome)) == ("abc", (3, 0, 1))
    assert outcome.keys.get_column("row").to_list() == [2, 1, 3]


def test_a_version_with_another_time_moves_the_message():
    assert order(joined("a0 b1 c2", "a3@4")) == "bca"


def test_when_settings_changed_the_new_version_stays_unless_it_is_older():
    outcome = joined("a0 b0@5 c0@5", "a0 b0@5 c0", prefer_new=True)
    assert outcome.keys.get_column("part").to_list() == [1, 1, 0]
    assert counts(outcome) == (0, 2, 1)


CHAT = st.lists(st.integers(0, 3), min_size=1, max_size=14).map(
    lambda gaps: [(chr(97 + n), sum(gaps[: n + 1]) // 3) for n in range(len(gaps))]
)


@given(CHAT, st.data())
def test_any_two_windows_that_overlap_give_the_chat_back_in_either_order(chat, data):
    begin = data.draw(st.integers(0, len(chat) - 1))
    end = data.draw(st.integers(begin + 1, len(chat)))
    first = " ".join(f"{name}{minute}" for name, minute in chat[:end])
    second = " ".join(f"{name}{minute}" for name, minute in chat[begin:])
    expected = "".join(name for name, _ in chat)
    assert order(joined(first, second)) == order(joined(second, first)) == expected


@given(CHAT, st.data())
def test_any_two_extracts_that_agree_give_one_order_and_lose_nothing(chat, data):
    extracts = [data.draw(st.lists(st.booleans(), min_size=len(chat), max_size=len(chat))) for _ in range(2)]
    first, second = (
        " ".join(f"{name}{minute}" for (name, minute), taken in zip(chat, extract, strict=True) if taken)
        for extract in extracts
    )
    there, back = joined(first, second), joined(second, first)
    assert order(there) == order(back)
    assert sorted(order(there)) == sorted({word[0] for word in (first + " " + second).split()})
    assert there.keys.get_column("timestamp").is_sorted()
    again = join(there.keys, keys(second, 2))
    assert (order(again), again.new, again.updated) == (order(there), 0, 0)
