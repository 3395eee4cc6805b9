"""Context expansion: from one suspicious message to the messages needed to understand it.

This is Algorithm 1 of the paper SuiChat-CN, on positions instead of message objects, so that a chat of a few
hundred thousand messages takes seconds. A position is the index of a message in its chat, in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError, SettingsError

MS_PER_MINUTE = 60_000
NO_REPLY = -1

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Expansion:
    """How far a segment reaches, how overlapping ones merge, and which lengths are kept.

    max_gap: minutes, >= 0; neighbours strictly closer than this are taken in (MTS in the paper).
    max_size: messages, >= 1; expansion goes on while the set is smaller than this (SS).
    max_span: minutes, >= 0; expansion goes on while earliest to latest is less than this (STS).
    merge: "union", the only rule there is.
    min_messages, max_messages: the lengths kept, both ends included; 1 <= min_messages <= max_messages.

    One round can overshoot max_size and max_span: they say when to stop, not how large a segment may get.
    Raises SettingsError for a value outside these ranges.
    """

    max_gap: float = 5
    max_size: int = 30
    max_span: float = 60
    merge: Literal["union"] = "union"
    min_messages: int = 2
    max_messages: int = 100

    def __post_init__(self) -> None:
        if self.merge != "union":
            raise SettingsError(f"merge: wanted 'union', got {self.merge!r}. Set merge to 'union'.")
        self._at_least("max_gap", 0, "minutes")
        self._at_least("max_size", 1, "messages")
        self._at_least("max_span", 0, "minutes")
        self._at_least("min_messages", 1, "messages")
        self._at_least("max_messages", self.min_messages, "messages (min_messages)")

    def _at_least(self, name: str, lowest: int, unit: str) -> None:
        value = getattr(self, name)
        # `not >=` and not `<`, so that NaN is refused too.
        if not value >= lowest:
            raise SettingsError(f"{name}: wanted {lowest} or more {unit}, got {value!r}. Change {name}.")


def expand(
    times_ms: Positions,
    reply_to: Positions,
    seeds: Sequence[int] | Positions,
    *,
    max_gap_min: float,
    max_size: int,
    max_span_min: float,
) -> list[Positions]:
    """The messages that Algorithm 1 collects around each seed of one chat.

    times_ms: milliseconds since the epoch, never decreasing, one a message.
    reply_to: the position of the message replied to, before or after, or -1 for none or one the chat lacks.
    seeds: positions of the suspicious messages.
    max_gap_min, max_span_min: minutes; max_size: messages. All comparisons are strict.

    Returns one sorted int64 array of positions a seed, in the order of the seeds; each holds its seed.

    A round counts as a change when L or R moved or a reply was fetched, which is the paper's `changed` flag.
    So L may step over a message that a reply had fetched before: the set stays the same, the loop goes on.
    A fetched message counts in the span, and its neighbours come in only when L or R reaches it.

    Raises DataError when the arrays differ in length, times go backwards, or a position is outside the chat.
    """
    seed_positions = np.asarray(seeds, dtype=np.int64)
    _check(times_ms, reply_to, seed_positions)
    # Division rounds to the very float a setting has: 246,000 ms is 4.1 minutes, but 4.1 * 60,000 is more.
    near = (np.diff(times_ms) / MS_PER_MINUTE < max_gap_min).tolist()
    times, replies = times_ms.tolist(), reply_to.tolist()
    return [_expand_one(seed, times, near, replies, max_size, max_span_min) for seed in seed_positions.tolist()]


def _expand_one(
    seed: int, times: list[int], near: list[bool], replies: list[int], max_size: int, max_span_min: float
) -> Positions:
    """Algorithm 1 for one seed; near[i] says whether messages i and i + 1 are closer than the gap."""
    members = {seed}
    left = right = earliest = latest = seed
    # Once a member's reply has been followed its target is a member, so each is looked at in one round only.
    unread = [seed]
    while len(members) < max_size and (times[latest] - times[earliest]) / MS_PER_MINUTE < max_span_min:
        moved: list[int] = []
        if left > 0 and near[left - 1]:
            left -= 1
            moved.append(left)
        if right < len(times) - 1 and near[right]:
            right += 1
            moved.append(right)
        unread += [position for position in moved if position not in members]
        members.update(moved)
        fetched = {replies[position] for position in unread} - {NO_REPLY} - members
        if not moved and not fetched:
            break
        members |= fetched
        unread = list(fetched)
        # Times never go backwards, so the outermost positions are also the earliest and latest messages.
        earliest, latest = min(earliest, left, *fetched), max(latest, right, *fetched)
    return np.array(sorted(members), dtype=np.int64)


def _check(times_ms: Positions, reply_to: Positions, seeds: Positions) -> None:
    n = len(times_ms)
    if len(reply_to) != n:
        raise DataError(
            f"Wanted one reply position a message, got {len(reply_to)} for {n} messages. "
            "Pass -1 where there is no reply."
        )
    if np.any(np.diff(times_ms) < 0):
        raise DataError("Wanted the messages of a chat in time order, but a time goes backwards. Sort them first.")
    for name, positions, lowest in (("reply", reply_to, NO_REPLY), ("seed", seeds, 0)):
        if np.any((positions < lowest) | (positions >= n)):
            raise DataError(
                f"Wanted every {name} position from {lowest} to {n - 1}, got one outside. "
                "Take positions within the one chat."
            )
