"""Context expansion: from one suspicious message to the messages needed to understand it.

This is Algorithm 1 of the paper SuiChat-CN, on positions instead of message objects and for all seeds at once, so
that ten million messages take seconds. How it grows is in `growing`; the other ways to expand are in `expansions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import SettingsError
from segmenter.contexts import Chats, Contexts, Positions, check_positions
from segmenter.growing import Limits, grown

MERGE_RULES = ("union", "bounded")


@dataclass(frozen=True)
class Expansion:
    """How far a segment reaches, how overlapping ones merge, and which lengths are kept.

    expansion: how context grows, a key of `expansions.EXPANSIONS`; "paper" is Algorithm 1.
    max_gap: minutes, >= 0; neighbours strictly closer than this are taken in (MTS in the paper).
    max_size: messages, >= 1; expansion goes on while the set is smaller than this (SS).
    max_span: minutes, >= 0; expansion goes on while earliest to latest is less than this (STS).
    merge: "union" or "bounded", see `merge.union` and `bounded.bounded`.
    min_messages, max_messages: the lengths kept, both ends included; 1 <= min_messages <= max_messages.

    One round can overshoot max_size and max_span: they say when to stop, not how large a segment may get.
    Raises SettingsError for a value outside these ranges.
    """

    max_gap: float = 5
    max_size: int = 30
    max_span: float = 60
    merge: Literal["union", "bounded"] = "union"
    min_messages: int = 2
    max_messages: int = 100
    expansion: str = "paper"

    def __post_init__(self) -> None:
        if self.merge not in MERGE_RULES:
            raise SettingsError(f"merge: wanted 'union' or 'bounded', got {self.merge!r}. Set merge to one of them.")
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
    limits = Limits(max_gap_min, max_size, max_span_min)
    return grown(Chats.one(times_ms, reply_to), _checked(seeds, len(times_ms)), limits).arrays()


def expand_chats(chats: Chats, seeds: Positions, parameters: Expansion) -> Contexts:
    """`expand` for many chats at once: one set a seed, in the order of the seeds. This is the expansion "paper"."""
    limits = Limits(parameters.max_gap, parameters.max_size, parameters.max_span)
    return grown(chats, _checked(seeds, len(chats.times_ms)), limits)


def _checked(seeds: Sequence[int] | Positions, n_messages: int) -> Positions:
    positions = np.asarray(seeds, dtype=np.int64)
    check_positions("seed", positions, 0, n_messages)
    return positions
