"""Algorithm 1, round by round, for many seeds at once.

What a round does to one seed, it does here to every seed that still grows, in array operations. A seed's set is the
messages from its left to its right edge and the *outsiders*: messages that a reply fetched and no edge has reached.
A round takes in a message or an edge steps on one that was fetched before, so there are at most twice as many rounds
as messages in the largest set, and the work is linear in the messages of all sets.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segmenter.contexts import MS_PER_MINUTE, NO_REPLY, Chats, Contexts, Positions, changes, sorted_pairs

SEEDS_AT_ONCE = 1 << 14
"""Few enough that a portion's arrays stay in the processor's cache, many enough that a round costs no call's start."""


_STATE = ("line", "left", "right", "earliest", "latest", "n_outsiders")
"""Of a row that grows: its seed's place in the portion; four positions; how many outsiders it has."""


class Limits(NamedTuple):
    """MTS in minutes, SS in messages, STS in minutes; compared strictly."""

    max_gap_min: float
    max_size: int
    max_span_min: float


class Pairs(NamedTuple):
    """Messages of growing sets: the number of the set's row and the message's position, one of each a pair."""

    rows: Positions
    positions: Positions


def grown(chats: Chats, seeds: Positions, limits: Limits) -> Contexts:
    """The set of every seed, in the order of the seeds."""
    near = chats.near(limits.max_gap_min)
    portions = [
        _Growing(chats, near, seeds[first : first + SEEDS_AT_ONCE], limits).contexts()
        for first in range(0, len(seeds), SEEDS_AT_ONCE)
    ]
    none = np.empty(0, dtype=np.int64)
    sizes = np.concatenate([*(portion.sizes() for portion in portions), none])
    return Contexts.of_sizes(sizes, np.concatenate([*(portion.positions for portion in portions), none]))


class _Growing:
    """The sets of a portion of the seeds, one row a seed, while they grow.

    The state of the rows that still grow is kept dense, in `growing`; a finished row moves to `finished`. What replies
    fetched is a table with a line for every seed of the portion, since few rounds of few rows touch it.
    """

    def __init__(self, chats: Chats, near: NDArray[np.bool_], seeds: Positions, limits: Limits) -> None:
        self.chats, self.near, self.limits = chats, near, limits
        self.finished = np.zeros((len(_STATE), len(seeds)), dtype=np.int64)
        # NO_REPLY in the free places.
        self.fetched = np.full((len(seeds), 4), NO_REPLY, dtype=np.int64)
        self.n_fetched = np.zeros(len(seeds), dtype=np.int64)
        lines, none = np.arange(len(seeds)), np.zeros(len(seeds), dtype=np.int64)
        self._grow(np.stack([lines, seeds, seeds, seeds, seeds, none]), Pairs(lines, seeds))

    def _grow(self, growing: Positions, unread: Pairs) -> None:
        """growing: the state by _STATE, one column a row. unread: members whose replies were not followed yet.

        Once they were followed, their targets are members too, so each message is looked at in one round only.
        """
        changed = np.ones(growing.shape[1], dtype=bool)
        while True:
            goes_on = changed & self._within_limits(growing)
            growing, unread = self._leave_out_finished(growing, unread, goes_on)
            if not growing.shape[1]:
                return
            _, left, right, earliest, latest, _ = growing
            to_left, to_right = self.near[left], self.near[right + 1]
            left -= to_left
            right += to_right
            # An edge can step on an outsider only where there is one beyond it.
            self._step_on_outsiders(growing, to_left & (earliest <= left), left)
            self._step_on_outsiders(growing, to_right & (latest >= right), right)
            np.minimum(earliest, left, out=earliest)
            np.maximum(latest, right, out=latest)
            unread = self._fetch(growing, self._unread(growing, unread, to_left, to_right))
            changed = to_left | to_right
            changed[unread.rows] = True

    def _within_limits(self, growing: Positions) -> NDArray[np.bool_]:
        _, left, right, earliest, latest, n_outsiders = growing
        span_ms = self.chats.times_ms[latest] - self.chats.times_ms[earliest]
        small = right - left + n_outsiders < self.limits.max_size - 1
        return small & (span_ms / MS_PER_MINUTE < self.limits.max_span_min)

    def _leave_out_finished(
        self, growing: Positions, unread: Pairs, goes_on: NDArray[np.bool_]
    ) -> tuple[Positions, Pairs]:
        ended = np.flatnonzero(~goes_on)
        if not len(ended):
            return growing, unread
        self.finished[:, growing[0, ended]] = growing.take(ended, axis=1)
        row_after = np.cumsum(goes_on) - 1
        still = np.flatnonzero(goes_on[unread.rows])
        kept = growing.take(np.flatnonzero(goes_on), axis=1)
        return kept, Pairs(row_after[unread.rows[still]], unread.positions[still])

    def _step_on_outsiders(self, growing: Positions, where: NDArray[np.bool_], edge: Positions) -> None:
        """An outsider that an edge has reached is none any more."""
        lines, n_outsiders = growing[0], growing[-1]
        rows = np.flatnonzero(where)
        n_outsiders[rows] -= self._was_fetched(lines[rows], edge[rows])

    def _was_fetched(self, lines: Positions, positions: Positions) -> NDArray[np.bool_]:
        return (self.fetched[lines] == positions[:, None]).any(axis=1)

    def _unread(
        self, growing: Positions, unread: Pairs, to_left: NDArray[np.bool_], to_right: NDArray[np.bool_]
    ) -> Pairs:
        """With the messages that the edges have reached in this round."""
        _, left, right, *_ = growing
        went_left, went_right = np.flatnonzero(to_left), np.flatnonzero(to_right)
        return Pairs(
            np.concatenate([went_left, went_right, unread.rows]),
            np.concatenate([left[went_left], right[went_right], unread.positions]),
        )

    def _fetch(self, growing: Positions, unread: Pairs) -> Pairs:
        """Take in what these members reply to, where their sets lack it; returns what was new, by row and position."""
        lines, left, right, *_ = growing
        target = self.chats.reply_to[unread.positions]
        replies = np.flatnonzero(target != NO_REPLY)
        rows, target = unread.rows[replies], target[replies]
        outside = np.flatnonzero((target < left[rows]) | (target > right[rows]))
        rows, target = rows[outside], target[outside]
        lacking = np.flatnonzero(~self._was_fetched(lines[rows], target))
        # Two members that reply to the same message fetch it once.
        new = Pairs(*sorted_pairs(rows[lacking], target[lacking], once=True))
        if len(new.rows):
            self._keep(growing, new)
        return new

    def _keep(self, growing: Positions, new: Pairs) -> None:
        lines, _, _, earliest, latest, n_outsiders = growing
        starts = np.flatnonzero(changes(new.rows))
        rows, counts = new.rows[starts], np.diff(np.append(starts, len(new.rows)))
        rank = np.arange(len(new.rows)) - np.repeat(starts, counts)
        places = self.n_fetched[lines[new.rows]] + rank
        if (missing := int(places.max()) + 1 - self.fetched.shape[1]) > 0:
            self.fetched = np.pad(self.fetched, ((0, 0), (0, missing)), constant_values=NO_REPLY)
        self.fetched[lines[new.rows], places] = new.positions
        self.n_fetched[lines[rows]] += counts
        n_outsiders[rows] += counts
        # Times never go backwards, so the outermost positions are also the earliest and latest messages.
        earliest[rows] = np.minimum(earliest[rows], new.positions[starts])
        latest[rows] = np.maximum(latest[rows], new.positions[starts + counts - 1])

    def contexts(self) -> Contexts:
        """The finished sets."""
        _, left, right, _, _, n_outsiders = self.finished
        between = right - left + 1
        offsets = np.concatenate([[0], np.cumsum(between + n_outsiders)])
        outsiders = self._outsiders(left, right)
        before = outsiders.positions < left[outsiders.rows]
        begin = offsets[:-1] + np.bincount(outsiders.rows[before], minlength=len(between))
        positions = np.empty(offsets[-1], dtype=np.int64)
        run = _ranges(begin, between)
        positions[run] = run + np.repeat(left - begin, between)
        # Those before the left edge come first in the row, those behind the right edge after the run.
        rank = np.arange(len(before)) - np.repeat(np.cumsum(n_outsiders) - n_outsiders, n_outsiders)
        place = offsets[outsiders.rows] + rank + np.where(before, 0, between[outsiders.rows])
        positions[place] = outsiders.positions
        return Contexts(offsets.astype(np.int64), positions)

    def _outsiders(self, left: Positions, right: Positions) -> Pairs:
        """Those of the finished sets, by row and position."""
        rows, places = np.nonzero(self.fetched != NO_REPLY)
        positions = self.fetched[rows, places]
        outside = (positions < left[rows]) | (positions > right[rows])
        return Pairs(*sorted_pairs(rows[outside], positions[outside]))


def _ranges(begin: Positions, lengths: Positions) -> Positions:
    """begin[0], begin[0] + 1, … (lengths[0] of them), then begin[1], …"""
    return np.arange(lengths.sum()) + np.repeat(begin - (np.cumsum(lengths) - lengths), lengths)
