"""Algorithm 1: worked by hand, and against the paper's pseudo-code followed line by line."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError, SettingsError
from segmenter.expansion import Expansion, expand

MINUTE = 60_000


@dataclass(frozen=True)
class Message:
    mid: int
    time: Fraction  # minutes
    rid: int | None


def algorithm_1(m: Message, M: list[Message], MTS: Fraction, SS: int, STS: Fraction) -> set[Message]:  # noqa: N803
    """The pseudo-code of the paper, lines 3 to 18, in exact arithmetic and with nothing remembered."""
    by_mid = {msg.mid: msg for msg in M}

    def span(messages: set[Message]) -> Fraction:
        return max(msg.time for msg in messages) - min(msg.time for msg in messages)

    S = {m}  # noqa: N806
    i = M.index(m)
    L, R = i, i  # noqa: N806
    while len(S) < SS and span(S) < STS:
        changed = False
        if L > 0 and M[L].time - M[L - 1].time < MTS:
            S, L, changed = S | {M[L - 1]}, L - 1, True  # noqa: N806
        if R < len(M) - 1 and M[R + 1].time - M[R].time < MTS:  # noqa: SIM300
            S, R, changed = S | {M[R + 1]}, R + 1, True  # noqa: N806
        replied = {by_mid[msg.rid] for msg in S if msg.rid is not None and msg.rid in by_mid}
        reps = replied - S
        if reps:
            S, changed = S | reps, True  # noqa: N806
        if not changed:
            break
    return S


def around(
    seed: int,
    minutes: list[float],
    replies: dict[int, int] | None = None,
    max_gap: float = 5,
    max_size: int = 30,
    max_span: float = 60,
) -> list[int]:
    """The positions around one seed of a chat whose times are given in minutes; replies: from -> to."""
    times = np.array([round(minute * MINUTE) for minute in minutes], dtype=np.int64)
    reply_to = np.array([(replies or {}).get(i, -1) for i in range(len(minutes))], dtype=np.int64)
    [positions] = expand(times, reply_to, [seed], max_gap_min=max_gap, max_size=max_size, max_span_min=max_span)
    return positions.tolist()


def test_a_message_alone_stays_alone():
    assert around(0, [0]) == [0]


def test_neighbours_come_in_until_a_gap_on_each_side():
    assert around(3, [0, 9, 12, 14, 18, 30]) == [1, 2, 3, 4]


@pytest.mark.parametrize(("gap_minutes", "expected"), [(5, [0]), (4.99999, [0, 1]), (5.00001, [0]), (0, [0, 1])])
def test_the_gap_is_strict(gap_minutes, expected):
    assert around(0, [0, gap_minutes]) == expected


@pytest.mark.parametrize("minutes", [0.1, 0.27, 0.7, 4.1])
def test_a_decimal_gap_or_span_is_not_below_itself(minutes):
    """No such decimal has an exact float, and in floats 0.27 * 60,000 > 16,200 and 4.1 * 60,000 > 246,000."""
    assert around(0, [0, minutes], max_gap=minutes) == [0]
    assert around(0, [0, minutes, 50], {0: 1, 1: 2}, max_gap=0, max_span=minutes) == [0, 1]


def test_a_gap_of_zero_lets_not_even_a_tie_in():
    assert around(1, [3, 3, 3], max_gap=0) == [1]


@pytest.mark.parametrize(
    ("max_size", "expected"),
    [
        (1, [3]),  # |S| = 1 is not < 1: no round at all
        (2, [2, 3, 4]),  # one round adds both sides at once: 3 messages where 2 were asked for
        (3, [2, 3, 4]),  # 3 is not < 3
        (4, [1, 2, 3, 4, 5]),  # 3 < 4, so a second round, to 5
    ],
)
def test_the_size_is_strict_and_one_round_overshoots_it(max_size, expected):
    assert around(3, [0, 1, 2, 3, 4, 5, 6], max_size=max_size) == expected


@pytest.mark.parametrize(
    ("max_span", "expected"),
    [
        (0, [3]),  # a span of 0 is not < 0
        (1, [2, 3, 4]),  # 0 < 1, one round, and the span is then 2
        (2, [2, 3, 4]),  # 2 is not < 2
        (2.1, [1, 2, 3, 4, 5]),
    ],
)
def test_the_span_is_strict_and_one_round_overshoots_it(max_span, expected):
    assert around(3, [0, 1, 2, 3, 4, 5, 6], max_span=max_span) == expected


def test_a_round_can_overshoot_the_size_by_its_replies_too():
    """Size 2: the one round adds 3 and 5 and then what 3, 4 and 5 reply to."""
    replies = {3: 0, 4: 1, 5: 2}
    assert around(4, [0, 10, 20, 100, 101, 102], replies, max_size=2) == [0, 1, 2, 3, 4, 5]


def test_replies_are_followed_one_hop_a_round():
    """3 replies to 2, 2 to 1, 1 to 0; the gaps let no neighbour in. A round of size 1 -> 2 -> 3 -> 4."""
    minutes, replies = [0, 10, 20, 30], {3: 2, 2: 1, 1: 0}
    assert around(3, minutes, replies, max_size=2) == [2, 3]
    assert around(3, minutes, replies, max_size=3) == [1, 2, 3]
    assert around(3, minutes, replies) == [0, 1, 2, 3]


def test_replies_of_messages_taken_in_this_round_are_followed_in_this_round():
    """Size 2 allows one round: 2 comes in on the left of 3, and what it replies to comes with it."""
    assert around(3, [0, 20, 40, 41], {2: 0}, max_size=2) == [0, 2, 3]


def test_a_reply_to_a_member_adds_nothing():
    assert around(0, [0, 1, 20], {1: 0}) == [0, 1]


def test_nobody_comes_in_for_replying_to_a_member():
    assert around(0, [0, 20], {1: 0}) == [0]


def test_a_reply_may_point_forwards_or_at_itself():
    assert around(0, [0, 20, 40], {0: 2}) == [0, 2]
    assert around(1, [0, 20, 40], {1: 1}) == [1]


def test_a_reply_to_a_message_far_away_ends_the_loop_by_the_span():
    """Round 1 adds 2, 4 and the far 0: a span of 97 minutes, so 1, 5 and 6 never come in."""
    assert around(3, [0, 94, 95, 96, 97, 98, 99], {3: 0}) == [0, 2, 3, 4]


def test_the_neighbours_of_a_fetched_message_do_not_come_in():
    assert around(4, [0, 1, 2, 20, 21], {4: 1}) == [1, 3, 4]


def test_stepping_over_a_fetched_message_is_a_change():
    """Round 1: 2 by the gap, 1 by the reply. Round 2: L steps on 1, which S has. Round 3: 0 comes in."""
    assert around(3, [0, 1, 2, 3], {3: 1}) == [0, 1, 2, 3]


def test_messages_at_the_same_moment_are_neighbours_without_span():
    assert around(2, [7, 7, 7, 7, 7], max_span=0.001) == [0, 1, 2, 3, 4]


def test_one_sorted_array_a_seed_in_the_order_of_the_seeds():
    times, none = np.array([0, 1, 100, 101], dtype=np.int64) * MINUTE, np.full(4, -1, dtype=np.int64)
    sets = expand(times, none, [3, 0, 3], max_gap_min=5, max_size=30, max_span_min=60)
    assert [positions.tolist() for positions in sets] == [[2, 3], [0, 1], [2, 3]]
    assert {positions.dtype for positions in sets} == {np.dtype(np.int64)}


def test_no_seeds_no_sets():
    empty = np.array([], dtype=np.int64)
    assert expand(empty, empty, [], max_gap_min=5, max_size=30, max_span_min=60) == []


@st.composite
def chats(draw: st.DrawFn) -> list[Message]:
    """Up to 40 messages with ties, gaps near the thresholds, replies backwards, forwards and to nobody."""
    gaps = draw(
        st.lists(st.sampled_from([0, 0, 1, 6_000, 42_000, 59_999, 60_000, 180_000, 299_999, 300_000, 2_400_000]))
    )
    times = np.cumsum([0, *gaps[:39]]).tolist()
    # Numbers from len(times) on name a message that the chat lacks.
    reply = st.none() | st.integers(0, len(times) + 3)
    return [Message(mid, Fraction(time, MINUTE), draw(reply)) for mid, time in enumerate(times)]


@settings(max_examples=300, deadline=None)
@given(
    M=chats(),
    gap_tenths=st.sampled_from([0, 1, 7, 10, 30, 50, 400]),
    max_size=st.integers(1, 12),
    span_tenths=st.sampled_from([0, 1, 7, 10, 60, 100, 600, 6000]),
)
def test_equals_the_pseudo_code_for_every_seed(M, gap_tenths, max_size, span_tenths):  # noqa: N803
    times = np.array([int(msg.time * MINUTE) for msg in M], dtype=np.int64)
    present = [msg.rid if msg.rid is not None and msg.rid < len(M) else -1 for msg in M]
    limits = {"max_gap_min": gap_tenths / 10, "max_size": max_size, "max_span_min": span_tenths / 10}
    sets = expand(times, np.array(present, dtype=np.int64), range(len(M)), **limits)
    gap, span = Fraction(gap_tenths, 10), Fraction(span_tenths, 10)
    expected = [sorted(msg.mid for msg in algorithm_1(m, M, gap, max_size, span)) for m in M]
    assert [positions.tolist() for positions in sets] == expected


@pytest.mark.parametrize(
    ("times", "replies", "seeds", "message"),
    [
        ([0, 1], [-1], [0], "one reply position a message, got 1 for 2"),
        ([1, 0], [-1, -1], [0], "a time goes backwards"),
        ([0, 1], [-1, 2], [0], "every reply position from -1 to 1"),
        ([0, 1], [-1, -2], [0], "every reply position from -1 to 1"),
        ([0, 1], [-1, -1], [2], "every seed position from 0 to 1"),
        ([0, 1], [-1, -1], [-1], "every seed position from 0 to 1"),
    ],
)
def test_positions_that_make_no_sense_are_refused(times, replies, seeds, message):
    with pytest.raises(DataError, match=message):
        expand(np.array(times), np.array(replies), seeds, max_gap_min=5, max_size=30, max_span_min=60)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"merge": "join"}, "merge: wanted 'union' or 'bounded', got 'join'"),
        ({"max_gap": -1}, "max_gap: wanted 0 or more minutes, got -1"),
        ({"max_gap": float("nan")}, "max_gap: wanted 0 or more minutes, got nan"),
        ({"max_size": 0}, "max_size: wanted 1 or more messages, got 0"),
        ({"max_span": -0.5}, "max_span: wanted 0 or more minutes, got -0.5"),
        ({"min_messages": 0}, "min_messages: wanted 1 or more messages, got 0"),
        ({"min_messages": 9, "max_messages": 8}, "max_messages: wanted 9 or more"),
    ],
)
def test_settings_out_of_range_are_refused(values, message):
    with pytest.raises(SettingsError, match=message):
        Expansion(**values)


def test_the_defaults_are_those_of_the_design():
    assert Expansion() == Expansion(
        max_gap=5, max_size=30, max_span=60, merge="union", min_messages=2, max_messages=100
    )
