"""Bounded: each message goes to the nearest suspicious message, and neighbours merge while the whole is in bounds."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from segmenter.bounded import bounded
from segmenter.contexts import Chats, Contexts
from segmenter.expansion import expand
from segmenter.merge import union

MINUTE = 60_000
Sets = dict[int, set[int]]
"""The context of each suspicious message."""


def one_chat(minutes: list[float], replies: dict[int, int] | None = None) -> Chats:
    reply_to = [(replies or {}).get(number, -1) for number in range(len(minutes))]
    return Chats.one(np.array([round(minute * MINUTE) for minute in minutes]), np.array(reply_to, dtype=np.int64))


def merged(chats: Chats, sets: Sets, max_size: int = 30, max_span: float = 60) -> list[list[int]]:
    contexts = Contexts.of(sorted(context) for context in sets.values())
    seeds = np.array(list(sets), dtype=np.int64)
    return [
        part.tolist() for part in bounded(chats, seeds, contexts, max_size=max_size, max_span_min=max_span).arrays()
    ]


def plain(minutes: list[int], replies: list[int], sets: Sets, max_size: int, max_span: int) -> list[list[int]]:
    """The rule as the docstring of `bounded` tells it, with sets and loops."""

    def reach(messages: set[int]) -> int:
        return max(minutes[message] for message in messages) - min(minutes[message] for message in messages)

    parts = {seed: (set[int](), {seed}) for seed in sorted(sets)}
    neighbours = set()
    for message in sorted(set().union(*sets.values())):
        holders = [seed for seed in parts if message in sets[seed]]
        neighbours |= set(pairwise(holders))
        nearest = min(
            holders,
            key=lambda seed, message=message: (
                seed != message,
                abs(minutes[message] - minutes[seed]),
                replies[message] != seed and replies[seed] != message,
                seed,
            ),
        )
        parts[nearest][0].add(message)
    for one, other in sorted(neighbours, key=lambda pair: (minutes[pair[1]] - minutes[pair[0]], pair)):
        if parts[one] is parts[other]:
            continue
        whole, seeds = parts[one][0] | parts[other][0], parts[one][1] | parts[other][1]
        most = max(max_size, *(len(sets[seed]) for seed in seeds))
        longest = max(max_span, *(reach(sets[seed]) for seed in seeds))
        if len(whole) <= most and reach(whole) <= longest:
            parts |= dict.fromkeys(seeds, (whole, seeds))
    return sorted({min(messages): sorted(messages) for messages, _ in parts.values()}.values())


@pytest.mark.parametrize(
    ("sets", "max_size", "expected"),
    [
        ({}, 5, []),
        ({2: {1, 2, 3}}, 5, [[1, 2, 3]]),
        ({1: {0, 1, 2}, 4: {3, 4, 5}}, 9, [[0, 1, 2], [3, 4, 5]]),  # neighbours that share nothing stay apart
        ({1: {0, 1, 2, 3}, 4: {2, 3, 4, 5}}, 6, [[0, 1, 2, 3, 4, 5]]),  # the union is as large as allowed
        ({1: {0, 1, 2, 3}, 4: {2, 3, 4, 5}}, 5, [[0, 1, 2], [3, 4, 5]]),  # 2 is nearer to 1, 3 to 4
        ({1: {0, 1, 2, 3}, 5: {3, 4, 5, 6}}, 6, [[0, 1, 2, 3], [4, 5, 6]]),  # 3 is as near: the earlier has it
        ({1: {0, 1, 2}, 2: {1, 2, 3}}, 3, [[0, 1], [2, 3]]),  # each stays with itself
        ({1: {0, 1, 2, 3}, 2: {0, 1, 2, 3}}, 3, [[0, 1, 2, 3]]),  # not larger than the contexts were
    ],
)
def test_bounded_by_hand(sets, max_size, expected):
    """Seven messages, a minute apart."""
    assert merged(one_chat(list(range(7))), sets, max_size) == expected


def test_the_span_is_a_bound_as_well():
    chats, sets = one_chat([0, 10, 20, 30]), {1: {0, 1, 2}, 2: {1, 2, 3}}
    assert merged(chats, sets, max_span=30) == [[0, 1, 2, 3]]
    assert merged(chats, sets, max_span=29.99) == [[0, 1], [2, 3]]


def test_a_tie_goes_by_a_reply_link_before_it_goes_to_the_earlier():
    """2 is a minute from 1 and from 3. Whether 2 answers 3 or 3 answers 2 makes no difference."""
    sets, minutes = {1: {1, 2}, 3: {2, 3}}, [0, 1, 2, 3]
    assert merged(one_chat(minutes), sets, max_size=1) == [[1, 2], [3]]
    assert merged(one_chat(minutes, {2: 3}), sets, max_size=1) == [[1], [2, 3]]
    assert merged(one_chat(minutes, {3: 2}), sets, max_size=1) == [[1], [2, 3]]
    assert merged(one_chat([0, 1, 1.9, 3], {3: 2}), sets, max_size=1) == [[1, 2], [3]]


def test_a_suspicious_message_stays_with_itself_even_beside_one_of_the_same_moment():
    chats = one_chat([5, 5, 5], {0: 1})
    assert merged(chats, {0: {0, 1, 2}, 1: {0, 1, 2}, 2: {0, 1, 2}}, max_size=2) == [[0, 1, 2]]
    assert merged(chats, {0: {0, 1}, 1: {1, 2}, 2: {2}}, max_size=1) == [[0, 1], [2]]
    assert merged(chats, {0: {0}, 1: {0, 1}, 2: {0, 2}}, max_size=1) == [[0, 1], [2]]


def test_a_suspicious_message_that_a_reply_fetched_far_away_is_in_one_segment():
    """4 answers 1, three hours before it: they share 1, and no segment may last three hours but that of 4."""
    chats, sets = one_chat([0, 1, 2, 180, 181], {4: 1}), {1: {0, 1, 2}, 4: {1, 3, 4}}
    assert merged(chats, sets, max_size=3) == [[0, 1, 2], [3, 4]]
    assert merged(chats, sets, max_size=5) == [[0, 1, 2], [3, 4]]
    assert merged(chats, {1: {1, 2}, 4: {1, 3, 4}}, max_size=5) == [[1, 2, 3, 4]]


def test_the_nearest_neighbours_merge_first():
    """Three parts of two messages; two of them may merge. In chat order it would be the first two."""
    minutes, sets = [0, 1, 10, 11, 12, 13], {1: {0, 1, 2}, 3: {2, 3, 4}, 4: {3, 4, 5}}
    assert merged(one_chat(minutes), sets, max_size=4) == [[0, 1], [2, 3, 4, 5]]


def test_neighbours_may_have_another_segment_between_them():
    """Two conversations that take turns: 0, 2, 4 and 1, 3, 5."""
    sets = {0: {0, 2}, 1: {1, 3}, 4: {2, 4}, 5: {3, 5}}
    assert merged(one_chat(list(range(6))), sets, max_size=3) == [[0, 2, 4], [1, 3, 5]]


def test_a_burst_is_cut_into_segments_where_union_makes_one():
    """200 messages ten seconds apart, every fifth suspicious: union chains them all."""
    times, none = np.arange(200) * 10_000, np.full(200, -1)
    seeds = np.arange(0, 200, 5)
    sets = expand(times, none, seeds, max_gap_min=5, max_size=30, max_span_min=60)
    assert [len(positions) for positions in union(sets)] == [200]
    parts = bounded(Chats.one(times, none), seeds, Contexts.of(sets), max_size=30, max_span_min=60)
    assert parts.sizes().sum() == 200
    assert parts.sizes().max() <= 30
    assert parts.sizes().min() >= 5


@pytest.mark.parametrize(("seeds", "sets"), [([0, 0], [[0], [0]]), ([0, 1], [[0], [0]]), ([0], [[]])])
def test_a_seed_without_a_context_of_its_own_is_refused(seeds, sets):
    with pytest.raises(DataError, match="each seed once, with a context that holds it"):
        bounded(one_chat([0, 1]), np.array(seeds), Contexts.of(sets), max_size=3, max_span_min=5)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[int], Sets, int, int]:
    """A chat with ties and replies; some contexts are runs, as expansion makes them, some are any messages."""
    minutes = np.cumsum(draw(st.lists(st.sampled_from([0, 0, 1, 2, 9, 70]), min_size=1, max_size=25))).tolist()
    n = len(minutes)
    position = st.integers(0, n - 1)
    replies = draw(st.lists(st.just(-1) | position, min_size=n, max_size=n))
    sets: Sets = {}
    for seed in draw(st.lists(position, max_size=9, unique=True)):
        run = range(max(0, seed - draw(st.integers(0, 5))), min(n, seed + draw(st.integers(1, 6))))
        sets[seed] = {*run, *draw(st.lists(position, max_size=2))}
    return minutes, replies, sets, draw(st.integers(1, 14)), draw(st.sampled_from([0, 1, 5, 20, 300]))


def run(case: tuple[list[int], list[int], Sets, int, int]) -> list[list[int]]:
    minutes, replies, sets, max_size, max_span = case
    return merged(one_chat(minutes, dict(enumerate(replies))), sets, max_size, max_span)


@settings(max_examples=250, deadline=None)
@given(cases())
def test_equals_the_rule_with_sets_and_loops(case):
    assert run(case) == plain(*case)


@settings(deadline=None)
@given(cases())
def test_every_message_is_in_one_segment_and_every_segment_has_a_suspicious_message(case):
    _, _, sets, _, _ = case
    parts = run(case)
    flat = [message for part in parts for message in part]
    assert sorted(flat) == sorted(set().union(*sets.values()))
    assert all(sets.keys() & set(part) for part in parts)
    assert [part[0] for part in parts] == sorted(part[0] for part in parts)


@settings(deadline=None)
@given(cases())
def test_no_segment_is_over_the_bounds_and_over_the_contexts_of_its_suspicious_messages(case):
    minutes, _, sets, max_size, max_span = case
    for part in run(case):
        contexts = [sets[seed] for seed in sets.keys() & set(part)]
        longest = max(minutes[max(context)] - minutes[min(context)] for context in contexts)
        assert len(part) <= max(max_size, *map(len, contexts))
        assert minutes[part[-1]] - minutes[part[0]] <= max(max_span, longest)


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(case, rng):
    minutes, replies, sets, max_size, max_span = case
    shuffled = dict(rng.sample(list(sets.items()), len(sets)))
    assert run((minutes, replies, shuffled, max_size, max_span)) == run(case)


@settings(deadline=None)
@given(cases())
def test_what_union_makes_within_the_bounds_comes_out_whole(case):
    minutes, _, sets, max_size, max_span = case
    parts = run(case)
    for whole in union([sorted(context) for context in sets.values()]):
        if len(whole) <= max_size and minutes[whole[-1]] - minutes[whole[0]] <= max_span:
            assert whole in parts


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([0.5, 2, 10]))
def test_without_replies_a_segment_overshoots_by_one_round_at_most(seed, max_size, max_span):
    """A round adds two messages at most, one on each side, each closer than the gap of two minutes."""
    rng = random.Random(seed)
    times = np.cumsum([rng.choice([0, 20_000, 60_000, 119_000, 300_000]) for _ in range(60)])
    seeds = np.array(sorted(rng.sample(range(60), 15)))
    none = np.full(60, -1)
    sets = expand(times, none, seeds, max_gap_min=2, max_size=max_size, max_span_min=max_span)
    parts = bounded(Chats.one(times, none), seeds, Contexts.of(sets), max_size=max_size, max_span_min=max_span)
    for part in parts.arrays():
        assert len(part) <= max_size + 1
        assert (times[part[-1]] - times[part[0]]) / MINUTE < max_span + 2 * 2
