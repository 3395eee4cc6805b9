"""Merging within bounds, for bursts in which `union` chains hundreds of suspicious messages into one segment."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from core.errors import DataError
from segmenter.contexts import MS_PER_MINUTE, Chats, Contexts, Positions, changes, sorted_pairs
from segmenter.merge import grouped, linked, pairs


class _Holding(NamedTuple):
    """That a context holds a message, for all contexts and messages: by message, then by suspicious message."""

    message: Positions
    seed: Positions  # its number, in chat order


def bounded(chats: Chats, seeds: Positions, contexts: Contexts, *, max_size: int, max_span_min: float) -> Contexts:
    """Merge neighbouring contexts only while the result respects max_size and max_span.

    chats: the messages. seeds: positions of the suspicious messages, each once, in any order; contexts: one set a
    seed, in the same order, which holds its seed. max_size: messages, >= 1; max_span_min: minutes, >= 0.

    1. *Divide.* A message that several contexts hold goes to the suspicious message nearest to it in time; on a tie
       to one that it replies to or that replies to it; then to the earliest. A suspicious message stays with
       itself, also when a reply fetched it into other contexts. So every suspicious message has a part of its own.
    2. *Merge.* Two suspicious messages are neighbours when some message is in the contexts of both, and in that of
       no suspicious message between the two. Pairs of neighbours are tried once each, by their distance in time,
       then in chat order; their parts, with all that was merged into them, become one when the whole is within the
       bounds. What does not fit stays divided.

    The bounds: at most max_size messages, and at most max_span_min from the earliest to the latest. Where the context
    of a suspicious message is over a bound already (expansion may overshoot in its last round, and a fetched
    message may be far away), a segment with this message may be as large or as long as that context, and no more.

    Returns sorted, disjoint sets, ordered by their first position. Together they hold every message of the contexts
    once, each holds a suspicious message, and they do not depend on the order of the seeds. A set with several
    suspicious messages may have gaps in time, and segments may interleave. What `union` makes within max_size and
    max_span comes out whole.

    Raises DataError when a seed repeats or is not in its context.
    """
    seeds, contexts = _in_chat_order(seeds, contexts)
    holding = _Holding(*sorted_pairs(contexts.positions, contexts.numbers()))
    begins = changes(holding.message)
    members, owner = holding.message[begins], _nearest(chats, seeds, holding, np.flatnonzero(begins))
    root = _merge_neighbours(
        _parts(chats, contexts, owner, members, max_size, max_span_min),
        _nearest_first(holding.seed[np.flatnonzero(~begins) - 1], holding.seed[~begins], chats.times_ms[seeds]),
    )
    return grouped(root[owner], members)


def _nearest_first(some: Positions, others: Positions, times_ms: Positions) -> Iterator[tuple[int, int]]:
    """Every pair of neighbours once, the nearest in time first, then in chat order.

    That is the order within what `union` would make one. Between these the order is of no effect, and taking one
    after another keeps what the merging looks at in the processor's cache.
    """
    some, others = pairs(some, others)
    group = linked(len(times_ms), some, others)
    order = np.lexsort((times_ms[others] - times_ms[some], group[some]))
    return zip(some[order].tolist(), others[order].tolist(), strict=True)


def _in_chat_order(seeds: Positions, contexts: Contexts) -> tuple[Positions, Contexts]:
    if np.all(seeds[1:] > seeds[:-1]):
        ordered = contexts
    else:
        order = np.argsort(seeds, kind="stable")
        arrays = contexts.arrays()
        seeds, ordered = seeds[order], Contexts.of(arrays[number] for number in order.tolist())
    held = ordered.numbers()[ordered.positions == seeds[ordered.numbers()]]
    if np.any(seeds[1:] == seeds[:-1]) or not np.array_equal(held, np.arange(len(seeds))):
        raise DataError("Wanted each seed once, with a context that holds it. Give one context a suspicious message.")
    return seeds, ordered


def _nearest(chats: Chats, seeds: Positions, holding: _Holding, first: Positions) -> Positions:
    """For every message that a context holds: the number of the suspicious message it goes to.

    first: where in `holding` each message begins.
    """
    n_holders = np.diff(np.append(first, len(holding.message)))
    owner = holding.seed[first]
    shared = np.flatnonzero(n_holders > 1)
    if len(shared):
        several = np.flatnonzero(np.repeat(n_holders > 1, n_holders))
        owner[shared] = _nearest_of_several(
            chats, seeds, _Holding(holding.message[several], holding.seed[several]), n_holders[shared]
        )
    return owner


def _nearest_of_several(chats: Chats, seeds: Positions, holding: _Holding, n_holders: Positions) -> Positions:
    begin = np.cumsum(n_holders) - n_holders
    at = seeds[holding.seed]
    distance = np.abs(chats.times_ms[holding.message] - chats.times_ms[at])
    distance[holding.message == at] = -1  # a suspicious message is nearer to itself than one of the same moment
    nearest = np.flatnonzero(distance == np.repeat(np.minimum.reduceat(distance, begin), n_holders))
    message, seed, at = holding.message[nearest], holding.seed[nearest], at[nearest]
    by_reply = (chats.reply_to[message] == at) | (chats.reply_to[at] == message)
    n = len(seeds)
    return np.minimum.reduceat(np.where(by_reply, seed, seed + n), np.flatnonzero(changes(message))) % n


class _Part(NamedTuple):
    """The part of each suspicious message as columns: its messages, first and last moment, and what it may grow to."""

    size: list[int]
    start_ms: list[int]
    end_ms: list[int]
    most_messages: list[int]
    most_minutes: list[float]


def _parts(
    chats: Chats, contexts: Contexts, owner: Positions, members: Positions, max_size: int, max_span_min: float
) -> _Part:
    n, times = len(contexts), chats.times_ms
    start, end = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    # Members ascend, and of several values for one place the last one stays.
    start[owner[::-1]], end[owner] = times[members[::-1]], times[members]
    first, last = contexts.positions[contexts.offsets[:-1]], contexts.positions[contexts.offsets[1:] - 1]
    return _Part(
        np.bincount(owner, minlength=n).tolist(),
        start.tolist(),
        end.tolist(),
        np.maximum(contexts.sizes(), max_size).tolist(),
        np.maximum((times[last] - times[first]) / MS_PER_MINUTE, max_span_min).tolist(),
    )


def _merge_neighbours(part: _Part, pairs_in_order: Iterable[tuple[int, int]]) -> Positions:
    """For every suspicious message the number of the one whose part its own has become."""
    size, start, end, most_messages, most_minutes = part
    root = list(range(len(size)))
    for one, other in pairs_in_order:
        # Each pair depends on what was merged before it, so this loop is Python; it is written for speed.
        a, b = root[one], root[other]
        while a != root[a]:
            a = root[a]
        while b != root[b]:
            b = root[b]
        root[one], root[other] = a, b
        if size[a] < size[b]:
            a, b = b, a  # so no way to a root gets long
        larger, longer = (
            (a if most_messages[a] > most_messages[b] else b),
            (a if most_minutes[a] > most_minutes[b] else b),
        )
        if a == b or size[a] + size[b] > most_messages[larger]:
            continue
        earliest = start[a] if start[a] < start[b] else start[b]
        latest = end[a] if end[a] > end[b] else end[b]
        if (latest - earliest) / MS_PER_MINUTE <= most_minutes[longer]:
            most_messages[a], most_minutes[a] = most_messages[larger], most_minutes[longer]
            root[b], start[a], end[a] = a, earliest, latest
            size[a] += size[b]
    return _followed(np.array(root, dtype=np.int64))


def _followed(root: Positions) -> Positions:
    """Each number's last root; the way there halves in every turn."""
    while not np.array_equal(root, further := root[root]):
        root = further
    return root
