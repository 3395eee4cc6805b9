"""Merging message sets, so that no message is in two segments."""

from collections.abc import Iterable, Sequence

import numpy as np

from segmenter.contexts import Contexts, Positions, changes, sorted_pairs

NOBODY = -1


def union(sets: Iterable[Sequence[int] | Positions]) -> list[list[int]]:
    """Join the sets that share a message, directly or through a chain of other sets.

    sets: positions of messages within one chat, one set a suspicious message; a set may repeat, and one
    without a message is passed over.

    Returns sorted lists of positions, ordered by their first position. They are disjoint, hold every position
    of the input once, and do not depend on the order of the sets.
    """
    return [positions.tolist() for positions in union_contexts(Contexts.of(sets)).arrays()]


def union_contexts(contexts: Contexts) -> Contexts:
    """`union` for the sets of many chats at once."""
    numbers = contexts.numbers()
    # Of the sets that hold a message, the last one; the others are linked with it.
    holder = np.full(int(contexts.positions.max(initial=-1)) + 1, NOBODY, dtype=np.int64)
    holder[contexts.positions] = numbers
    group = linked(len(contexts), numbers, holder[contexts.positions])
    members = np.flatnonzero(holder != NOBODY)
    return grouped(group[holder[members]], members)


def linked(n_sets: int, some: Positions, others: Positions) -> Positions:
    """The number of its group for every set, where some[i] and others[i] are in one group and groups chain."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    some, others = pairs(some, others)
    links = coo_matrix((np.ones(len(some), dtype=np.int8), (some, others)), shape=(n_sets, n_sets))
    _, group = connected_components(links, directed=False)
    return group.astype(np.int64)


def pairs(some: Positions, others: Positions) -> tuple[Positions, Positions]:
    """Every pair of two different numbers once, by the first, then the second."""
    different = np.flatnonzero(some != others)
    some, others = some[different], others[different]
    # Neighbouring messages mostly give the same pair, so this leaves little to sort.
    fresh = np.flatnonzero(changes(some) | changes(others))
    return sorted_pairs(some[fresh], others[fresh], once=True)


def grouped(group: Positions, members: Positions) -> Contexts:
    """Sorted members of each group as sets, ordered by their first one; members ascend, group[i] is that of members[i].

    Groups are numbers from 0; one without a member gives no set.
    """
    n_groups = int(group.max(initial=-1)) + 1
    first = np.full(n_groups, np.iinfo(np.int64).max)
    first[group[::-1]] = members[::-1]
    rank = np.empty(n_groups, dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(n_groups)
    by_group, positions = sorted_pairs(rank[group], members)
    sizes = np.bincount(by_group, minlength=n_groups)
    return Contexts.of_sizes(sizes[sizes > 0], positions)
