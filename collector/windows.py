"""A chat in windows of time, so that a chat of many millions of messages is ordered in little memory.

The order of a chat goes by time first, so that no window needs to know of another, but for two things. They are found
out beforehand from eight bytes a message: whether some message has several times (then the chat is one window), and
which of two sources comes first where nothing else decides (`collector.ordering`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from collector.chat_files import Part, Window
from collector.id_hashes import Hashes, are_among, hashed

WINDOW_ROWS = 500_000
"""Rows of all sources in a window, but for rows of the same time, which are never parted."""

_ENDLESS = 1 << 62
_ID = pl.col("message_id").hash()
_TIME = pl.col("timestamp").to_physical()
_MIXING = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Side:
    """What the table, or one source, holds of a chat.

    first: the number of its first part among those of all sides. unwanted: a column message_id, of messages that are
    left out.
    """

    parts: Sequence[Part]
    first: int
    unwanted: pl.DataFrame

    @property
    def height(self) -> int:
        """Rows, those left out included."""
        return sum(part.length for part in self.parts)

    def wanted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows without those left out, in their order."""
        if self.unwanted.is_empty():
            return rows
        return rows.join(self.unwanted, on="message_id", how="anti", maintain_order="left")


@dataclass(frozen=True)
class Plan:
    """windows: one after another in time; a single None stands for all time. source_first: for each side, whether it
    comes before the sides before it where nothing else decides; None: to be decided from the rows.
    """

    windows: list[Window | None]
    source_first: list[bool | None]


def plan(sides: Sequence[Side]) -> Plan:
    """How to order a chat that these sides hold."""
    at_once = Plan([None], [None for _ in sides])
    if sum(side.height for side in sides) <= WINDOW_ROWS:
        return at_once
    if _distinct(sides, _ID) != _distinct(sides, _ID, _TIME):
        return at_once
    times = np.sort(_numbers(sides, _TIME).view(np.int64))
    bounds = [-_ENDLESS, *np.unique(times[WINDOW_ROWS::WINDOW_ROWS]).tolist(), _ENDLESS]
    return Plan(
        windows=[Window(first, end) for first, end in pairwise(bounds)],
        source_first=[_goes_first(sides[:number], side) for number, side in enumerate(sides)],
    )


def _goes_first(known: Sequence[Side], source: Side) -> bool:
    """Whether the source comes before what is known: it begins earlier, then ends earlier, then has the smaller id."""
    if not any(side.height for side in known):
        return False
    n_known, n_source, n_both = _distinct(known, _ID), _distinct([source], _ID), _distinct([*known, source], _ID)
    if n_both in (n_known, n_source):
        return False
    extents = [_extent([source]), _extent(known)]
    if extents[0] != extents[1]:
        return extents[0] < extents[1]
    return _smallest_own([source], known) < _smallest_own(known, [source])


def _extent(sides: Sequence[Side]) -> tuple[int, int]:
    """First and last time."""
    times = _numbers(sides, _TIME).view(np.int64)
    return int(times.min()), int(times.max())


def _smallest_own(sides: Sequence[Side], others: Sequence[Side]) -> str:
    """The smallest message_id that the others do not have; there is one."""
    theirs = np.sort(_numbers(others, _ID))
    smallest: list[str] = []
    for rows in _rows(sides):
        ids = rows.get_column("message_id")
        own = ids.filter(pl.Series(~are_among(hashed(ids), theirs)))
        smallest = sorted([*smallest, *own])[:1]
    return smallest[0]


def _distinct(sides: Sequence[Side], number: pl.Expr, with_number: pl.Expr | None = None) -> int:
    """How many different numbers, or pairs of numbers, the rows have."""
    numbers = _numbers(sides, number, with_number)
    numbers.sort()
    return int(np.count_nonzero(numbers[1:] != numbers[:-1])) + bool(numbers.size)


def _numbers(sides: Sequence[Side], number: pl.Expr, with_number: pl.Expr | None = None) -> Hashes:
    """The number of each row, or one made from both."""
    found = np.empty(sum(side.height for side in sides), np.uint64)
    end = 0
    for rows in _rows(sides):
        some = rows.select(number).to_series().to_numpy().astype(np.uint64)
        if with_number is not None:
            some += rows.select(with_number).to_series().to_numpy().astype(np.uint64) * _MIXING
        found[end : end + some.size] = some
        end += some.size
    return found[:end]


def _rows(sides: Sequence[Side]) -> Iterator[pl.DataFrame]:
    """message_id and timestamp of the rows of each part."""
    for side in sides:
        for part in side.parts:
            yield side.wanted(part.scan().select("message_id", "timestamp").collect())
