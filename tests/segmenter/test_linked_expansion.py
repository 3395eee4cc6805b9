"""Expansion along links: worked by hand, its bounds for every chat, and against a plain reading of the rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from segmenter.contexts import Chats
from segmenter.growing import Limits
from segmenter.linked import expand_linked, linked_contexts
from segmenter.linking import NOBODY, REACH, Pull

MINUTE = 60_000
LIMITS = {"max_gap_min": 5, "max_size": 30, "max_span_min": 60}


def columns(senders: str, named: dict[int, str] | None = None, replies: dict[int, int] | None = None):
    """reply_to, users, mentions of a chat whose senders are letters; named: message → letters it addresses."""
    letters = {letter: code for code, letter in enumerate(sorted(set(senders)))}
    reply_to = np.array([(replies or {}).get(i, -1) for i in range(len(senders))], dtype=np.int64)
    users = np.array([letters[letter] for letter in senders], dtype=np.int64)
    mentions = np.full((len(senders), 2), NOBODY, dtype=np.int64)
    for message, addressed in (named or {}).items():
        mentions[message, : len(addressed)] = [letters[letter] for letter in addressed]
    return reply_to, users, mentions


def around(seed: int, minutes: list[float], senders: str, named=None, replies=None, pull: Pull = Pull(), **limits):
    times = np.array([round(minute * MINUTE) for minute in minutes], dtype=np.int64)
    given_limits = {**LIMITS, **limits}
    [found] = expand_linked(times, *columns(senders, named, replies), [seed], **given_limits, pull=pull)
    return found.tolist()


def test_of_two_conversations_side_by_side_it_takes_the_one_of_the_seed():
    # a and b talk to each other, c and d too; the seed is a's first line.
    named = {2: "a", 3: "c", 4: "b", 5: "d", 6: "a", 7: "c"}
    assert around(0, [0, 0, 1, 1, 2, 2, 3, 3], "acbdacbd", named, max_size=4) == [0, 2, 4, 6]


def test_the_strongest_first_and_then_the_nearest():
    # Seen from message 2 (by a): 3 is unrelated, 2/2; 1 is unrelated and as near; 0 is a's as well, 20/3.
    assert around(2, [0] * 4, "abac", max_size=2) == [0, 2]
    assert around(2, [0] * 4, "abac", max_size=3) == [0, 1, 2]


def test_pulls_of_all_members_add_up():
    # b's line 5 addresses a, sender of 2 and 4. From the seed 2 alone it gets 10/4, less than the 20/2 of line 3 by a;
    # 6 gets 20/5 from 2. Once 3 is in: 5 gets 10/4 + 10/3 and 6 gets 20/5 + 20/4.
    assert around(2, [0] * 7, "xyaazba", {5: "a"}, max_size=3) == [2, 3, 6]
    assert around(2, [0] * 7, "xyaazba", {5: "a"}, max_size=4) == [2, 3, 5, 6]


def test_a_message_to_the_same_person_is_related():
    # 4 addresses c as the seed 0 does: 10/5, and 5 is c's: 10/6. The others are unrelated: 1/2, 1/3, 1/4.
    assert around(0, [0] * 6, "adfebc", {0: "c", 4: "c"}, max_size=2) == [0, 4]


def test_from_enough_messages_on_weak_ones_stay_out():
    # Nobody is related: every message pulls 2 / (1 + distance), together less than 7.
    assert around(0, [0] * 12, "abcdefghijkl") == [0, 1, 2, 3, 4, 5]
    assert around(0, [0] * 12, "abcdefghijkl", pull=Pull(enough=2)) == [0, 1]
    assert around(0, [0] * 12, "abcdefghijkl", pull=Pull(weakest=0)) == list(range(12))


def test_a_silence_stops_it_and_a_reply_bridges_it():
    assert around(1, [0, 0, 5, 5], "abab") == [0, 1]
    assert around(1, [0, 0, 4.9, 4.9], "abab") == [0, 1, 2, 3]
    assert around(1, [0, 0, 30, 30], "abab", replies={2: 1}) == [0, 1, 2, 3]


def test_what_a_member_replies_to_is_fetched_from_any_time_and_so_on():
    minutes = [0, 300, 600, 900, 900]
    assert around(3, minutes, "abcde", replies={3: 1, 1: 0}) == [0, 1, 3, 4]
    assert around(3, minutes, "abcde", replies={3: 1, 1: 0}, max_size=2) == [1, 3]


def test_messages_further_away_than_the_reach_come_in_by_replies_only():
    n = REACH + 3
    seen = around(n - 1, [0.0] * n, "a" * n, replies={n - 1: 0}, max_size=500)
    assert seen == [0, *range(2, n)]


def test_the_span_counts_from_the_earliest_to_the_latest():
    minutes = [0, 4, 8, 12, 16]
    assert around(2, minutes, "aaaaa", max_span_min=16) == [0, 1, 2, 3, 4]
    assert around(2, minutes, "aaaaa", max_span_min=8) == [1, 2, 3]
    assert around(2, minutes, "aaaaa", max_span_min=0) == [2]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"times_ms": [5, 3, 9]}, "goes backwards"),
        ({"reply_to": [-1, 3, -1]}, "reply position"),
        ({"seeds": [3]}, "seed position"),
        ({"users": [0, -1, 0]}, "Wanted users from 0"),
        ({"users": [0, 0]}, "one user a message"),
        ({"mentions": [[-2], [0], [0]]}, "mentions from -1"),
        ({"mentions": [-1, -1, -1]}, "one row of mentioned users"),
    ],
)
def test_what_it_refuses(changed, wanted):
    right = {"times_ms": [0, 3, 9], "reply_to": [-1] * 3, "users": [0, 1, 0], "mentions": [[-1]] * 3, "seeds": [1]}
    arrays = {name: np.array(values, dtype=np.int64) for name, values in {**right, **changed}.items()}
    with pytest.raises(DataError, match=wanted):
        expand_linked(*arrays.values(), **LIMITS)


def test_a_chat_without_mentions_columns_and_one_without_seeds():
    times, users, nobody = np.zeros(3, np.int64), np.arange(3), np.empty((3, 0), np.int64)
    replies = np.full(3, -1)
    assert [found.tolist() for found in expand_linked(times, replies, users, nobody, [1], **LIMITS)] == [[0, 1, 2]]
    assert expand_linked(times, replies, users, nobody, [], **LIMITS) == []


# --- every chat


@st.composite
def chats(draw, most: int = 25):
    n = draw(st.integers(1, most))
    gaps = draw(st.lists(st.sampled_from([0, 1, 2, 5, 6, 40]), min_size=n, max_size=n))
    reply_to = [draw(st.integers(-1, n - 1)) if draw(st.booleans()) else -1 for _ in range(n)]
    some_users = st.integers(0, 3)
    users = draw(st.lists(some_users, min_size=n, max_size=n))
    mentions = draw(st.lists(st.tuples(st.integers(-1, 3), st.just(-1)), min_size=n, max_size=n))
    lists = (np.cumsum(gaps) * MINUTE, reply_to, users, mentions)
    return tuple(np.array(values, dtype=np.int64) for values in lists)


LIMITED = st.fixed_dictionaries(
    {
        "max_gap_min": st.sampled_from([0, 1, 3, 6]),
        "max_size": st.integers(1, 12),
        "max_span_min": st.sampled_from([0, 1, 10, 60]),
    }
)


@settings(deadline=None)
@given(chats(), LIMITED)
def test_sorted_distinct_with_its_seed_and_within_the_bounds(chat, limits):
    times, reply_to, *_ = chat
    found = expand_linked(*chat, range(len(times)), **limits)
    assert len(found) == len(times)
    for seed, positions in enumerate(found):
        assert seed in positions
        assert np.all(np.diff(positions) > 0)
        assert len(positions) <= limits["max_size"]
        fetched = np.isin(positions, reply_to[positions])
        near = times[positions[~fetched | (positions == seed)]]
        assert near.max() - near.min() <= limits["max_span_min"] * MINUTE


@settings(deadline=None)
@given(chats(), LIMITED, st.randoms())
def test_no_seed_depends_on_the_other_seeds(chat, limits, random):
    seeds = list(range(len(chat[0])))
    together = expand_linked(*chat, seeds, **limits)
    random.shuffle(seeds)
    for seed, positions in zip(seeds, expand_linked(*chat, seeds, **limits), strict=True):
        assert positions.tolist() == together[seed].tolist()


@settings(max_examples=50, deadline=None)
@given(chats(), LIMITED)
def test_numbers_of_users_are_names_only(chat, limits):
    times, reply_to, users, mentions = chat
    other = np.array([7, 2, 9, 0, NOBODY])  # the last place serves NOBODY, which is -1
    renamed = expand_linked(times, reply_to, other[users], other[mentions], range(len(times)), **limits)
    usual = expand_linked(*chat, range(len(times)), **limits)
    assert [found.tolist() for found in renamed] == [found.tolist() for found in usual]


@settings(max_examples=50, deadline=None)
@given(chats(12), chats(12), LIMITED)
def test_chats_side_by_side_are_as_each_alone(one, other, limits):
    n = len(one[0])
    times, users, mentions = (np.concatenate([one[i], other[i]]) for i in (0, 2, 3))
    reply_to = np.concatenate([one[1], np.where(other[1] < 0, -1, other[1] + n)])
    both = Chats(times, reply_to, users, np.array([0, n, len(times)]))
    found = linked_contexts(both, mentions, np.arange(len(times)), Limits(**limits)).arrays()
    alone = [*expand_linked(*one, range(n), **limits)]
    alone += [positions + n for positions in expand_linked(*other, range(len(other[0])), **limits)]
    assert [positions.tolist() for positions in found] == [positions.tolist() for positions in alone]


def plainly(seed: int, chat, max_gap_min: float, max_size: int, max_span_min: float, pull: Pull = Pull()) -> list[int]:
    """The rule, with everything looked up anew for every message that is added."""
    times, reply_to, users, mentions = (column.tolist() for column in chat)
    named = [set(row) - {NOBODY} for row in mentions]
    silences = [i for i in range(1, len(times)) if times[i] - times[i - 1] >= max_gap_min * MINUTE]

    def pulls(a: int, b: int) -> float:
        relations = (users[a] == users[b]) + (users[a] in named[b]) + (users[b] in named[a])
        relations += bool(named[a] & named[b])
        free = pull.unaddressed if not named[a] | named[b] else 1.0
        apart = any(min(a, b) < silence <= max(a, b) for silence in silences)
        near = 0.0 if apart else free * pull.relation**relations / (1 + abs(a - b))
        return near + (pull.reply if reply_to[b] == a else 0.0)

    members, near, last = [seed], [seed], seed
    while len(members) < max_size:
        if reply_to[last] != -1 and reply_to[last] not in members:
            last = reply_to[last]
        else:
            total = {b: 0.0 for b in range(len(times)) if b not in members}
            for member in members:
                total = {b: one + pulls(member, b) for b, one in total.items()}
            most = max_span_min * MINUTE
            within = (b for b in total if all(abs(times[b] - times[m]) <= most for m in near))
            joining = {b: total[b] for b in within if total[b] > 0}
            best = min(joining, key=lambda b: (-joining[b], abs(b - seed), b), default=None)
            if best is None or (len(members) >= pull.enough and joining[best] < pull.weakest):
                break
            near.append(last := best)
        members.append(last)
    return sorted(members)


@settings(max_examples=200, deadline=None)
@given(chats(), LIMITED)
def test_the_arrays_do_what_the_rule_says(chat, limits):
    found = expand_linked(*chat, range(len(chat[0])), **limits)
    assert [positions.tolist() for positions in found] == [plainly(s, chat, **limits) for s in range(len(chat[0]))]
