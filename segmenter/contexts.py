"""What expansion works on and what it gives: the messages of many chats as arrays, and the context of each seed.

A position is the index of a message in these arrays. Chats stand one after another, so one array operation serves
all of them, and a hundred thousand small chats cost what one large chat of the same length costs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError

MS_PER_MINUTE = 60_000
NO_REPLY = -1

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Chats:
    """The messages of many chats, chat after chat, each in its order: (timestamp, order in the source).

    times_ms: milliseconds since the epoch, one a message, never decreasing within a chat.
    reply_to: position of the message replied to, before or after, in the same chat; NO_REPLY for none or one that
    the chat lacks.
    users: a number for the sender of each message, the same for the same person in all chats, 0 or more.
    offsets: chat number c holds the positions offsets[c] up to, but not with, offsets[c + 1]; the first is 0, the
    last is the number of messages.
    mentions: shape (messages, k), the users that each message addresses (`mentions.mentioned_users`); None where no
    expansion asks for them, since they take a look at every text.

    Raises DataError when the arrays differ in length, a time goes backwards within a chat, the offsets do not cover
    the messages, or a reply leads out of its chat.
    """

    times_ms: Positions
    reply_to: Positions
    users: Positions
    offsets: Positions
    mentions: Positions | None = None

    def __post_init__(self) -> None:
        n = len(self.times_ms)
        for name, array in (("reply position", self.reply_to), ("user", self.users)):
            if len(array) != n:
                raise DataError(
                    f"Wanted one {name} a message, got {len(array)} for {n} messages. Pass -1 where there is no reply."
                )
        if self.offsets[:1].tolist() + self.offsets[-1:].tolist() != [0, n] or np.any(np.diff(self.offsets) < 0):
            raise DataError(f"Wanted chat offsets that go from 0 to {n}. Give where each chat begins, and the end.")
        if np.any((np.diff(self.times_ms) < 0) & self._same_chat()):
            raise DataError("Wanted the messages of a chat in time order, but a time goes backwards. Sort them first.")
        check_positions("reply", self.reply_to, NO_REPLY, n)
        self._check_replies_stay()

    @classmethod
    def one(cls, times_ms: Positions, reply_to: Positions, users: Positions | None = None) -> "Chats":
        """A single chat; without users every message has the same sender."""
        n = len(times_ms)
        return cls(times_ms, reply_to, np.zeros(n, np.int64) if users is None else users, np.array([0, n], np.int64))

    def near(self, max_gap_min: float) -> NDArray[np.bool_]:
        """For i from 0 to the number of messages: whether i - 1 and i are in one chat and closer than the gap.

        The first and the last value are False, so an edge of the arrays needs no look of its own.
        """
        closer = np.zeros(len(self.times_ms) + 1, dtype=bool)
        # Division rounds to the very float a setting has: 246,000 ms is 4.1 minutes, but 4.1 * 60,000 is more.
        closer[1:-1] = (np.diff(self.times_ms) / MS_PER_MINUTE < max_gap_min) & self._same_chat()
        return closer

    def _same_chat(self) -> NDArray[np.bool_]:
        """For every message but the last: whether the next one is in its chat."""
        same = np.ones(max(len(self.times_ms) - 1, 0), dtype=bool)
        borders = self.offsets[1:-1]
        same[borders[(borders > 0) & (borders < len(self.times_ms))] - 1] = False
        return same

    def _check_replies_stay(self) -> None:
        replies = np.flatnonzero(self.reply_to != NO_REPLY)
        chats = [np.searchsorted(self.offsets, at, side="right") for at in (replies, self.reply_to[replies])]
        if np.any(chats[0] != chats[1]):
            raise DataError("Wanted replies within a chat, but one leads to another chat. Pass -1 for such a reply.")


@dataclass(frozen=True)
class Contexts:
    """Sets of messages. Set number s is positions[offsets[s] : offsets[s + 1]], sorted, each position once."""

    offsets: Positions
    positions: Positions

    @classmethod
    def of(cls, sets: Iterable[Sequence[int] | Positions]) -> "Contexts":
        """From one collection of positions a set; repeated positions count once."""
        arrays = [np.unique(np.asarray(positions, dtype=np.int64)) for positions in sets]
        return cls.of_sizes(
            np.array([len(array) for array in arrays], dtype=np.int64),
            np.concatenate([*arrays, np.empty(0, dtype=np.int64)]),
        )

    @classmethod
    def of_sizes(cls, sizes: Positions, positions: Positions) -> "Contexts":
        """From the size of every set and the sets' positions one after another."""
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), positions)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sizes(self) -> Positions:
        """Messages in each set."""
        return np.diff(self.offsets)

    def numbers(self) -> Positions:
        """The number of its set for every element of positions."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.sizes())

    def arrays(self) -> list[Positions]:
        """One array a set."""
        return np.split(self.positions, self.offsets[1:-1]) if len(self) else []


def sorted_pairs(first: Positions, second: Positions, *, once: bool = False) -> tuple[Positions, Positions]:
    """The pairs of two numbers, both 0 or more, by the first, then the second; once: repeated pairs only once.

    A pair is packed into one integer, since sorting integers takes a fraction of the time of sorting pairs; and
    pairs that are nearly in order, as those of neighbouring contexts are, take the stable sort one pass.
    """
    bits = int(second.max(initial=0)).bit_length()
    packed = (first << bits) | second
    packed.sort(kind="stable")
    if once:
        packed = packed[changes(packed)]
    return packed >> bits, packed & ((1 << bits) - 1)


def changes(numbers: Positions) -> NDArray[np.bool_]:
    """Whether each number differs from the one before it; the first one does."""
    differs = np.ones(len(numbers), dtype=bool)
    np.not_equal(numbers[1:], numbers[:-1], out=differs[1:])
    return differs


def check_positions(name: str, positions: Positions, lowest: int, n_messages: int) -> None:
    """Raises DataError when a position is below `lowest` or not below the number of messages."""
    if np.any((positions < lowest) | (positions >= n_messages)):
        raise DataError(
            f"Wanted every {name} position from {lowest} to {n_messages - 1}, got one outside. "
            "Take positions within the one chat."
        )
