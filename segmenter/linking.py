"""Segments that grow along links, one message a round, for many seeds at once. The rule is told in `linked`."""

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmenter.contexts import MS_PER_MINUTE, NO_REPLY, Chats, Positions
from segmenter.growing import Limits

NOBODY = -1
REACH = 100
"""Messages on either side of a seed that may be added; what a member replies to may lie further away."""
OFFSETS = np.array([sign * n for n in range(1, REACH + 1) for sign in (-1, 1)], dtype=np.int64)
"""The places around a seed, the nearest first, of two as near the earlier first."""
_MOST_RELATIONS = 4
# Fillers around the messages of all chats. They differ, so an empty place is related to nothing.
_NO_USER, _NO_BURST = -2, -1

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pull:
    """What draws a message into a segment. The defaults were chosen on the development half of the Ubuntu IRC logs.

    relation: factor for each relation. unaddressed: factor where neither message addresses anybody. reply: what a
    reply link adds. enough: from this many messages on, one is added only when the segment's messages together pull
    at it with at least `weakest`; before, the strongest is added however weak, so that no seed is left alone.
    """

    relation: float = 10
    unaddressed: float = 2
    reply: float = 100
    enough: int = 6
    weakest: float = 7

    def strengths(self) -> NDArray[np.float64]:
        """By the number of relations: where somebody is addressed, then where nobody is."""
        addressed = [float(self.relation**n) for n in range(_MOST_RELATIONS + 1)]
        return np.array([*addressed, *(self.unaddressed * strength for strength in addressed)])


class Messages(NamedTuple):
    """Messages as columns, with REACH empty places before and behind, so that no window meets an edge.

    A *place* is a position plus REACH. reply_to holds places. burst: the same number for messages between which
    there is no silence.
    """

    times_ms: NDArray
    users: NDArray
    reply_to: NDArray
    burst: NDArray
    addresses: Flags
    mentions: tuple[NDArray, ...]

    @classmethod
    def of(cls, chats: Chats, mentions: Positions, max_gap_min: float) -> "Messages":
        return cls(
            _padded(chats.times_ms, 0),
            _padded(chats.users.astype(np.int32), _NO_USER),
            _padded(np.where(chats.reply_to == NO_REPLY, NO_REPLY, chats.reply_to + REACH), NO_REPLY),
            _padded(np.cumsum(~chats.near(max_gap_min)[:-1], dtype=np.int32), _NO_BURST),
            _padded((mentions != NOBODY).any(axis=1), False),
            tuple(_padded(column, NOBODY) for column in mentions.T.astype(np.int32)),
        )

    def at(self, places: Positions) -> "Messages":
        """The messages at these places, in the shape of `places`."""
        return Messages(
            self.times_ms[places],
            self.users[places],
            self.reply_to[places],
            self.burst[places],
            self.addresses[places],
            tuple(column[places] for column in self.mentions),
        )


def _padded(column: NDArray, filler: int) -> NDArray:
    return np.pad(column, REACH, constant_values=filler)


class Growing:
    """The segments of a portion of the seeds. seeds: positions. Rows are segments that still grow."""

    def __init__(self, messages: Messages, seeds: Positions, limits: Limits, pull: Pull) -> None:
        self.messages, self.limits, self.pull, self.strengths = messages, limits, pull, pull.strengths()
        self.seeds = seeds + REACH
        self.around = messages.at(self.seeds[:, None] + OFFSETS)
        self.pulls = np.zeros(self.around.users.shape)
        self.open = self.around.burst != _NO_BURST
        self.earliest, self.latest = messages.times_ms[self.seeds], messages.times_ms[self.seeds]
        # One column a round with the place added to each segment of the portion; rows: where its segment stands.
        self.rows = np.arange(len(seeds))
        self.members = [self.seeds]

    def sets(self) -> list[Positions]:
        """Grow to the end; the sorted positions of every segment."""
        added = self.seeds
        while len(self.members) < self.limits.max_size:
            self.pulls += self._pulls_of(added)
            added, fetched, grows = self._next(added)
            if not grows.any():
                break
            if not grows.all():
                self._keep(grows)
                added, fetched = added[grows], fetched[grows]
            self._add(added, fetched)
        return [row[row != NOBODY] - REACH for row in np.sort(np.column_stack(self.members), axis=1)]

    def _keep(self, rows: Flags) -> None:
        """Go on with these segments; the others have all they will hold."""
        self.around, self.seeds, self.rows = self.around.at(np.flatnonzero(rows)), self.seeds[rows], self.rows[rows]
        self.pulls, self.open = self.pulls[rows], self.open[rows]
        self.earliest, self.latest = self.earliest[rows], self.latest[rows]

    def _add(self, added: Positions, fetched: Flags) -> None:
        """Take one message into each segment; what a reply fetched does not count in the span."""
        member = np.full(len(self.members[0]), NOBODY)
        member[self.rows] = added
        self.members.append(member)
        times_ms = self.messages.times_ms[added]
        self.earliest = np.where(fetched, self.earliest, np.minimum(self.earliest, times_ms))
        self.latest = np.where(fetched, self.latest, np.maximum(self.latest, times_ms))
        apart = added - self.seeds
        here = np.flatnonzero(np.abs(apart) <= REACH)
        self.open[here, 2 * (np.abs(apart[here]) - 1) + (apart[here] > 0)] = False

    def _pulls_of(self, added: Positions) -> NDArray[np.float64]:
        """With how much one message of each segment pulls at every place around its seed."""
        one, around = self.messages.at(added[:, None]), self.around
        relations = (around.users == one.users).astype(np.intp)
        relations += _any([named == one.users for named in around.mentions])
        relations += _any([around.users == named for named in one.mentions])
        relations += _any([(a == b) & (b != NOBODY) for a in around.mentions for b in one.mentions])
        relations += np.where(around.addresses | one.addresses, 0, _MOST_RELATIONS + 1)
        strength = self.strengths[relations] / (1 + np.abs(OFFSETS - (added - self.seeds)[:, None]))
        return strength * (around.burst == one.burst) + self.pull.reply * (around.reply_to == added[:, None])

    def _next(self, added: Positions) -> tuple[Positions, Flags, Flags]:
        """The next place of each segment, whether a reply fetched it, and whether there is one at all."""
        target = self.messages.reply_to[added]
        fetched = target != NO_REPLY
        for member in self.members:
            fetched &= member[self.rows] != target
        pulls = np.where(self._may_join(), self.pulls, 0.0)
        best = pulls.argmax(axis=1)
        most = pulls[np.arange(len(pulls)), best]
        weakest = self.pull.weakest if len(self.members) >= self.pull.enough else 0.0
        grows = fetched | ((most > 0) & (most >= weakest))
        return np.where(fetched, target, self.seeds + OFFSETS[best]), fetched, grows

    def _may_join(self) -> Flags:
        times_ms, most = self.around.times_ms, self.limits.max_span_min
        # Division rounds to the very float a setting has: 246,000 ms is 4.1 minutes, but 4.1 * 60,000 is more.
        since = (times_ms - self.earliest[:, None]) / MS_PER_MINUTE <= most
        until = (self.latest[:, None] - times_ms) / MS_PER_MINUTE <= most
        return self.open & since & until


def _any(found: list[Flags]) -> Flags | bool:
    return reduce(np.logical_or, found) if found else False
