"""Union: sets that share a message become one, and only those."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmenter.merge import union

SETS = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=5), max_size=15)


def connected_components(sets: list[list[int]]) -> set[frozenset[int]]:
    """Join any two groups that share a message, until no two do."""
    groups = {frozenset(positions) for positions in sets}
    while True:
        pair = next(((a, b) for a in groups for b in groups if a != b and a & b), None)
        if pair is None:
            return groups
        groups = (groups - set(pair)) | {pair[0] | pair[1]}


@pytest.mark.parametrize(
    ("sets", "merged"),
    [
        ([], []),
        ([[4]], [[4]]),
        ([[0, 1], [2, 3]], [[0, 1], [2, 3]]),  # neighbours that share nothing stay apart
        ([[0, 1], [1, 2]], [[0, 1, 2]]),
        ([[0, 1], [4, 5], [1, 4]], [[0, 1, 4, 5]]),  # the third set is the chain between the first two
        ([[0, 9], [3, 4]], [[0, 9], [3, 4]]),  # a set that encloses another in time need not share with it
        ([[7, 8], [0, 1], [7, 8]], [[0, 1], [7, 8]]),
        ([[2], [], [0]], [[0], [2]]),
    ],
)
def test_union_by_hand(sets, merged):
    assert union(sets) == merged


def test_arrays_come_out_as_lists_of_plain_integers():
    merged = union([np.array([5, 6]), np.array([6, 7])])
    assert merged == [[5, 6, 7]]
    assert {type(position) for position in merged[0]} == {int}


def test_a_long_chain_is_one_set():
    chain = [[i, i + 1] for i in range(20_000)]
    random.Random(3).shuffle(chain)
    assert union(chain) == [list(range(20_001))]


@settings(deadline=None)
@given(SETS)
def test_union_gives_the_connected_components(sets):
    assert {frozenset(positions) for positions in union(sets)} == connected_components(sets)


@settings(deadline=None)
@given(SETS)
def test_union_is_sorted_disjoint_and_complete(sets):
    merged = union(sets)
    flat = [position for positions in merged for position in positions]
    assert all(positions == sorted(positions) for positions in merged)
    assert [positions[0] for positions in merged] == sorted(positions[0] for positions in merged)
    assert sorted(flat) == sorted({position for positions in sets for position in positions})


@settings(deadline=None)
@given(SETS, st.randoms(use_true_random=False))
def test_union_does_not_depend_on_order(sets, rng):
    shuffled = [rng.sample(positions, len(positions)) for positions in sets]
    rng.shuffle(shuffled)
    assert union(shuffled) == union(sets)


@settings(deadline=None)
@given(SETS)
def test_union_of_a_union_changes_nothing(sets):
    assert union(union(sets)) == union(sets)
