"""All seeds of all chats at once, against the plain reading of Algorithm 1 for one seed of one chat."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError, SettingsError
from segmenter import growing
from segmenter.contexts import Chats, Contexts
from segmenter.expansion import Expansion, expand_chats
from segmenter.expansions import EXPANSIONS, contexts_of

MINUTE = 60_000
Chat = list[tuple[int, int]]
"""One pair a message: minutes since the one before, and the message it replies to in this chat, or -1."""


def plain(seed: int, minutes: list[int], replies: list[int], parameters: Expansion) -> set[int]:
    """Algorithm 1 as printed: a set, two edges, and in each round a look at everything."""
    members, left, right = {seed}, seed, seed
    while len(members) < parameters.max_size and span(members, minutes) < parameters.max_span:
        changed = False
        if left > 0 and minutes[left] - minutes[left - 1] < parameters.max_gap:
            left, changed = left - 1, True
            members.add(left)
        if right < len(minutes) - 1 and minutes[right + 1] - minutes[right] < parameters.max_gap:
            right, changed = right + 1, True
            members.add(right)
        fetched = {replies[member] for member in members if replies[member] >= 0} - members
        if fetched:
            members, changed = members | fetched, True
        if not changed:
            break
    return members


def span(members: set[int], minutes: list[int]) -> int:
    return max(minutes[member] for member in members) - min(minutes[member] for member in members)


def together(chats: list[Chat]) -> Chats:
    """The chats one after another; each begins at a time of its own, before the end of the one before it."""
    times, replies, offsets = [], [], [0]
    for chat in chats:
        times += (np.cumsum([step for step, _ in chat], dtype=np.int64) * MINUTE).tolist()
        replies += [target if target < 0 else offsets[-1] + target for _, target in chat]
        offsets.append(len(times))
    columns = [np.array(column, dtype=np.int64) for column in (times, replies, [0] * len(times), offsets)]
    return Chats(*columns)


@st.composite
def chats(draw: st.DrawFn) -> list[Chat]:
    """Up to six chats, empty ones too, with ties in time and many replies, backwards and forwards."""
    made = []
    for n in draw(st.lists(st.integers(0, 30), min_size=1, max_size=6)):
        reply = st.just(-1) | st.integers(0, n - 1) if n else st.just(-1)
        made.append(draw(st.lists(st.tuples(st.sampled_from([0, 0, 1, 1, 2, 5, 60]), reply), min_size=n, max_size=n)))
    return made


PARAMETERS = st.builds(
    Expansion,
    max_gap=st.sampled_from([0, 1, 2, 3, 6, 100]),
    max_size=st.integers(1, 40),
    max_span=st.sampled_from([0, 1, 4, 10, 60, 1000]),
)


@settings(max_examples=150, deadline=None)
@given(chats(), PARAMETERS, st.sampled_from([1, 3, 1000]))
def test_every_seed_of_every_chat_gets_what_algorithm_1_gives(made, parameters, seeds_at_once):
    joined = together(made)
    with mock.patch.object(growing, "SEEDS_AT_ONCE", seeds_at_once):
        contexts = expand_chats(joined, np.arange(len(joined.times_ms)), parameters)
    expected = []
    for first, chat in zip(joined.offsets.tolist(), made, strict=False):
        minutes, replies = np.cumsum([step for step, _ in chat]).tolist(), [target for _, target in chat]
        sets = [plain(seed, minutes, replies, parameters) for seed in range(len(chat))]
        expected += [sorted(first + position for position in members) for members in sets]
    assert [positions.tolist() for positions in contexts.arrays()] == expected


def test_a_seed_with_many_fetched_messages_among_seeds_with_none():
    """20 messages of one moment reply to one earlier message each; the rest of the chat replies to nobody."""
    chat = [(100, -1)] * 20 + [(0, n) for n in range(20)] + [(100, -1)] * 3
    contexts = expand_chats(together([chat]), np.array([30, 41]), Expansion(max_size=38, max_span=10_000))
    # Nine rounds reach 21 and 39, and what these 19 reply to comes with them: 38 messages.
    assert contexts.arrays()[0].tolist() == list(range(1, 20)) + list(range(21, 40))
    assert contexts.arrays()[1].tolist() == [41]


def test_a_context_ends_where_its_chat_ends():
    contexts = expand_chats(together([[(0, -1), (1, -1)], [(0, -1), (1, -1)]]), np.array([1, 2]), Expansion())
    assert [positions.tolist() for positions in contexts.arrays()] == [[0, 1], [2, 3]]


def test_the_setting_names_the_expansion():
    one = together([[(0, -1), (1, -1)]])
    assert contexts_of(one, np.array([0]), Expansion()).positions.tolist() == [0, 1]
    assert EXPANSIONS["paper"] is expand_chats
    with pytest.raises(SettingsError, match=r"expansion: wanted one of 'paper'.*, got 'windows'"):
        contexts_of(one, np.array([0]), Expansion(expansion="windows"))


def test_contexts_hold_each_position_once_and_sorted():
    contexts = Contexts.of([[3, 1, 3], [], [2]])
    assert [positions.tolist() for positions in contexts.arrays()] == [[1, 3], [], [2]]
    assert (contexts.sizes().tolist(), contexts.numbers().tolist()) == ([2, 0, 1], [0, 0, 2])
    assert Contexts.of([]).arrays() == []


@pytest.mark.parametrize(
    ("times", "replies", "users", "offsets", "message"),
    [
        ([0, 1], [-1], [0, 0], [0, 2], "one reply position a message, got 1 for 2"),
        ([0, 1], [-1, -1], [0], [0, 2], "one user a message, got 1 for 2"),
        ([0, 1], [-1, -1], [0, 0], [0, 1], "chat offsets that go from 0 to 2"),
        ([0, 1], [-1, -1], [0, 0], [], "chat offsets that go from 0 to 2"),
        ([0, 1], [-1, -1], [0, 0], [1, 2], "chat offsets that go from 0 to 2"),
        ([0, 1], [-1, -1], [0, 0], [0, 2, 1, 2], "chat offsets that go from 0 to 2"),
        ([5, 1, 0], [-1, -1, -1], [0, 0, 0], [0, 1, 3], "a time goes backwards"),
        ([0, 1], [1, 2], [0, 0], [0, 2], "every reply position from -1 to 1"),
        ([0, 1], [1, -1], [0, 0], [0, 1, 2], "one leads to another chat"),
    ],
)
def test_arrays_that_make_no_chats_are_refused(times, replies, users, offsets, message):
    with pytest.raises(DataError, match=message):
        Chats(*(np.array(column, dtype=np.int64) for column in (times, replies, users, offsets)))


def test_a_time_may_go_backwards_from_one_chat_to_the_next():
    assert together([[(5, -1)], [], [(0, -1)]]).near(10).tolist() == [False, False, False]
