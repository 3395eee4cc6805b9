"""Windows: what each holds, and that a draw is by seed and stays."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from core.contracts import empty
from core.errors import SettingsError
from lexicon.extraction.windows import Window, drawn, windows_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def chats(**sizes: int) -> pl.DataFrame:
    """Chats of so many messages; the first of chat a is a0."""
    rows = [
        (f"{chat}{n}", chat, "u", None, START + timedelta(minutes=n), f"第{n}句", False, None)
        for chat, size in sizes.items()
        for n in range(size)
    ]
    return pl.DataFrame(rows, schema=empty("messages").schema, orient="row")


def ids(window: Window) -> list[str]:
    return window.messages["message_id"].to_list()


@pytest.mark.parametrize(
    ("n", "size", "overlap", "wanted"),
    [
        (5, 3, 1, [(0, 3), (2, 3)]),
        (6, 3, 1, [(0, 3), (2, 3), (4, 2)]),
        (3, 3, 1, [(0, 3)]),
        (4, 3, 0, [(0, 3), (3, 1)]),
        (1, 3, 2, [(0, 1)]),
        (40, 40, 5, [(0, 40)]),
        (41, 40, 5, [(0, 40), (35, 6)]),
    ],
)
def test_windows_of_a_chat(n: int, size: int, overlap: int, wanted: list[tuple[int, int]]):
    found = windows_of(chats(a=n), size, overlap)
    assert [(window.start, window.size) for window in found] == wanted
    assert [window.messages.height for window in found] == [size for _, size in wanted]


def test_a_window_never_holds_two_chats():
    found = windows_of(chats(a=3, b=2), 2, 0)
    assert [ids(window) for window in found] == [["a0", "a1"], ["a2"], ["b0", "b1"]]
    assert [window.chat_id for window in found] == ["a", "a", "b"]


def test_every_message_is_in_a_window_and_overlaps_are_as_long_as_asked():
    found = windows_of(chats(a=103), 10, 3)
    assert {message for window in found for message in ids(window)} == {f"a{n}" for n in range(103)}
    for one, other in pairwise(found):
        assert ids(one)[-3:] == ids(other)[:3]


def test_no_messages_make_no_windows():
    assert windows_of(chats(), 10, 3) == []


@pytest.mark.parametrize("overlap", [5, 6])
def test_an_overlap_as_long_as_the_window_is_refused(overlap: int):
    with pytest.raises(SettingsError, match=f"overlap must be smaller than window, which is 5; it is {overlap}"):
        windows_of(chats(a=9), 5, overlap)


def test_a_draw_is_by_seed_in_order_and_holds_every_smaller_one():
    found = windows_of(chats(a=60, b=60), 4, 0)
    ten, five = drawn(found, 10, 7), drawn(found, 5, 7)
    places = [found.index(window) for window in ten]
    assert places == sorted(places)
    assert len(set(places)) == 10
    assert ten == drawn(found, 10, 7) != drawn(found, 10, 8)
    assert set(map(id, five)) < set(map(id, ten))


def test_a_draw_of_none_or_of_more_than_there_are_is_all():
    found = windows_of(chats(a=8), 4, 0)
    assert drawn(found, 0, 7) == drawn(found, 2, 7) == drawn(found, 99, 7) == found


def test_a_draw_keeps_what_it_had_when_a_chat_is_added():
    before = [ids(window)[0] for window in drawn(windows_of(chats(b=80), 4, 0), 5, 7)]
    after = [ids(window)[0] for window in drawn(windows_of(chats(a=4, b=80), 4, 0), 5, 7)]
    assert len(set(before) & set(after)) >= 4


def test_a_chat_that_grows_keeps_all_windows_but_its_last():
    before, after = windows_of(chats(a=38), 10, 3), windows_of(chats(a=39), 10, 3)
    assert [ids(window) for window in after[: len(before) - 1]] == [ids(window) for window in before[:-1]]
