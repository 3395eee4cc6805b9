"""The ways to make a segment that are compared: Algorithm 1, fixed windows, reply links only, links of all kinds."""

from dataclasses import replace

import numpy as np
from irc_channel import Channel

from segmenter.contexts import NO_REPLY, Positions
from segmenter.expansion import expand
from segmenter.linked import expand_linked
from segmenter.linking import NOBODY, Pull

MAX_GAP, MAX_SIZE, MAX_SPAN = 5, 30, 60
WITHOUT_END = Pull(weakest=0)
"""Goes on to max_size, however weak the links: for comparisons at exactly the same size."""
Segments = list[Positions]


def algorithm_1(channel: Channel, seeds: Positions, max_size: int = MAX_SIZE) -> Segments:
    return expand(
        channel.times_ms, channel.reply_to, seeds, max_gap_min=MAX_GAP, max_size=max_size, max_span_min=MAX_SPAN
    )


def linked(channel: Channel, seeds: Positions, max_size: int = MAX_SIZE, pull: Pull = Pull()) -> Segments:
    return expand_linked(
        channel.times_ms, channel.reply_to, channel.users, channel.mentions, seeds,
        max_gap_min=MAX_GAP, max_size=max_size, max_span_min=MAX_SPAN, pull=pull,
    )  # fmt: skip


def linked_at(channel: Channel, seeds: Positions, sizes: Positions) -> Segments:
    """For each seed a segment of links with as many messages as `sizes` says."""
    found: dict[int, Positions] = {}
    for size in np.unique(sizes).tolist():
        some = seeds[sizes == size]
        found.update(zip(some.tolist(), linked(channel, some, size, WITHOUT_END), strict=True))
    return [found[seed] for seed in seeds.tolist()]


def window(channel: Channel, seeds: Positions, sizes: Positions) -> Segments:
    """The messages before and after each seed in turn, as many as `sizes` says, within its log."""
    first = np.searchsorted(channel.log, channel.log[seeds], side="left")
    last = np.searchsorted(channel.log, channel.log[seeds], side="right")
    sizes = np.minimum(sizes, last - first)
    start = np.clip(seeds - sizes // 2, first, last - sizes)
    return [np.arange(a, a + size) for a, size in zip(start.tolist(), sizes.tolist(), strict=True)]


def replies_only(channel: Channel, seeds: Positions) -> Segments:
    """Everything that a chain of reply links joins to the seed, in both directions."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(channel.reply_to)
    answers = np.flatnonzero(channel.reply_to != NO_REPLY)
    links = coo_matrix((np.ones(len(answers)), (answers, channel.reply_to[answers])), shape=(n, n))
    _, group = connected_components(links, directed=False)
    return [np.flatnonzero(group == group[seed]) for seed in seeds]


def algorithm_1_of_mean_size(channel: Channel, seeds: Positions, wanted: float) -> tuple[int, Segments]:
    """Algorithm 1 with the max_size that comes nearest to this mean size, and that max_size."""
    about = round(wanted)
    tried = {size: algorithm_1(channel, seeds, size) for size in range(max(1, about - 8), about + 9)}
    best = min(tried, key=lambda size: abs(float(np.mean([len(found) for found in tried[size]])) - wanted))
    return best, tried[best]


def without_mentions(channel: Channel) -> Channel:
    """A chat in which nobody addresses anybody by name."""
    return replace(channel, mentions=np.full_like(channel.mentions, NOBODY))


def without_users(channel: Channel) -> Channel:
    """A chat in which every message has another sender and nobody is addressed: only the order is left."""
    return replace(without_mentions(channel), users=np.arange(len(channel.users)))
