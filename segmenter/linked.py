"""Expansion along the links of a conversation: another way to grow a segment, beside Algorithm 1.

In a busy chat several conversations run side by side, and the messages nearest in time belong to all of them. This
expansion adds one message after another, each time the one at which the segment's messages together *pull* most:

    pull between two messages = relation ^ (number of relations) × unaddressed, if neither addresses anybody
                                ────────────────────────────────────────────────────────────────────────────
                                                    1 + messages they are apart

    relations: the same sender; the later one addresses the sender of the earlier; the other way round; both
    address the same person. A reply link adds `reply`. Across a silence of max_gap only reply links pull.

The weights come from gold conversations of a public chat: docs/conversations.md, benchmarks/irc_conversations.py.
How the segments of many seeds grow at once is in `linking`.
"""

from collections.abc import Sequence

import numpy as np

from core.errors import DataError
from segmenter.contexts import Chats, Contexts, Positions, check_positions
from segmenter.growing import Limits
from segmenter.linking import NOBODY, Growing, Messages, Pull

SEEDS_AT_ONCE = 256
"""Few enough that the arrays of a portion stay in the processor's cache."""


def expand_linked(
    times_ms: Positions,
    reply_to: Positions,
    users: Positions,
    mentions: Positions,
    seeds: Sequence[int] | Positions,
    *,
    max_gap_min: float,
    max_size: int,
    max_span_min: float,
    pull: Pull = Pull(),
) -> list[Positions]:
    """The messages linked most strongly to each seed of one chat.

    times_ms, reply_to, seeds: as in `expansion.expand`. users: a number for each message's sender, 0 or more.
    mentions: shape (messages, k), the users that a message addresses, NOBODY in places left over; see
    `mentions.mentioned_users`. max_gap_min, max_span_min: minutes; max_size: messages, >= 1.

    Returns one sorted int64 array of positions a seed, in the order of the seeds; each holds its seed and at most
    max_size messages. What a member replies to is added right after it, however long ago it was. All other members
    lie within `linking.REACH` messages of the seed, and from the earliest to the latest of them it is at most
    max_span_min. Between equal pulls: the message nearer to the seed, then the earlier one.

    Raises DataError when the arrays differ in length, times go backwards, or a position or a user is out of range.
    """
    limits = Limits(max_gap_min, max_size, max_span_min)
    positions = np.asarray(seeds, dtype=np.int64)
    return linked_contexts(Chats.one(times_ms, reply_to, users), mentions, positions, limits, pull).arrays()


def linked_contexts(
    chats: Chats, mentions: Positions, seeds: Positions, limits: Limits, pull: Pull = Pull()
) -> Contexts:
    """`expand_linked` for many chats at once: one set a seed, in the order of the seeds."""
    _check(chats, mentions, seeds)
    messages = Messages.of(chats, mentions, limits.max_gap_min)
    sets: list[Positions] = []
    for first in range(0, len(seeds), SEEDS_AT_ONCE):
        sets += Growing(messages, seeds[first : first + SEEDS_AT_ONCE], limits, pull).sets()
    sizes = np.array([len(positions) for positions in sets], dtype=np.int64)
    return Contexts.of_sizes(sizes, np.concatenate([*sets, np.empty(0, dtype=np.int64)]))


def _check(chats: Chats, mentions: Positions, seeds: Positions) -> None:
    n = len(chats.times_ms)
    check_positions("seed", seeds, 0, n)
    if mentions.ndim != 2 or len(mentions) != n:
        raise DataError(
            f"Wanted one row of mentioned users a message, got shape {mentions.shape} for {n} messages. "
            f"Pass {NOBODY} where nobody is mentioned."
        )
    if np.any(chats.users < 0) or np.any(mentions < NOBODY):
        raise DataError(
            f"Wanted users from 0 and mentions from {NOBODY}, got lower ones. Number them with mentions.user_codes."
        )
