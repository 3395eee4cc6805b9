"""Merging the message sets of one chat, so that no message is in two segments."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def union(sets: Iterable[Sequence[int] | NDArray[np.int64]]) -> list[list[int]]:
    """Join the sets that share a message, directly or through a chain of other sets.

    sets: positions of messages within one chat, one set a suspicious message; a set may repeat, and one
    without a message is passed over.

    Returns sorted lists of positions, ordered by their first position. They are disjoint, hold every position
    of the input once, and do not depend on the order of the sets.
    """
    parents: list[int] = []
    holder: dict[int, int] = {}
    for number, positions in enumerate(sets):
        parents.append(number)
        for position in np.asarray(positions, dtype=np.int64).tolist():
            known = holder.setdefault(position, number)
            if known != number:
                parents[_root(parents, known)] = _root(parents, number)
    merged: defaultdict[int, list[int]] = defaultdict(list)
    for position in sorted(holder):
        merged[_root(parents, holder[position])].append(position)
    return list(merged.values())


def _root(parents: list[int], number: int) -> int:
    """The set that stands for the whole group; halves the path on the way, so later look-ups are short."""
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number
