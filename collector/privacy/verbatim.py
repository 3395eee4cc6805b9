"""Sentences that stand in the corpus once and are long enough to be found by a search in the original group."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

LENGTHS = (20, 40)


@dataclass(frozen=True)
class Verbatim:
    """Messages of at least ``min_chars`` characters.

    long: how many; unique: those among them whose text no other message of the corpus has. share: unique / long, None
    when none is long. users: everybody in the corpus; users_share: share of them with at least one unique one.
    """

    min_chars: int
    long: int
    unique: int
    share: float | None
    users: int
    users_share: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def verbatim(messages: pl.DataFrame, lengths: Iterable[int] = LENGTHS) -> list[Verbatim]:
    """messages: user, text (anything that is equal for equal texts only) and n_chars, one row a message."""
    marked = messages.with_columns(once=pl.col("text").is_unique())
    return [_of_length(marked, length) for length in lengths]


def _of_length(marked: pl.DataFrame, min_chars: int) -> Verbatim:
    long = marked.filter(pl.col("n_chars") >= min_chars)
    unique = long.filter("once")
    users, exposed = marked.get_column("user").n_unique(), unique.get_column("user").n_unique()
    return Verbatim(
        min_chars=min_chars,
        long=long.height,
        unique=unique.height,
        share=unique.height / long.height if long.height else None,
        users=users,
        users_share=exposed / users if users else None,
    )
