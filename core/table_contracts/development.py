"""The development set of the parameter search: a few suspicious messages that people label for it."""

import dataframely as dy
import polars as pl

from core.table_contracts.columns import about
from core.table_contracts.corpus import Segments

LENGTHS = ("1-4", "5-9", "10-19", "20-39", "40+")
"""Bands of messages in the widest context."""


class Development(Segments):
    """Suspicious messages in the widest context that the search tries, as people read them.

    No message is in two current items.

    The columns of ``segments``, and what the sample was spread over. ``segment_id`` names an item of this set and is
    made differently from those of ``segments``: no id is in both, so that nobody takes one for the other.
    """

    kind = dy.Enum(
        ["explicit", "implicit", "both"],
        nullable=False,
        metadata=about("kinds of the entries that the suspicious message matches"),
    )
    categories = dy.List(
        dy.String(nullable=False), nullable=False, metadata=about("categories of those entries, sorted")
    )
    length = dy.Enum(list(LENGTHS), nullable=False, metadata=about("band of n_messages"))
    current = dy.Bool(
        nullable=False, metadata=about("whether it is in the set drawn last; earlier items stay for their batches")
    )

    @dy.rule()
    def one_current_item_a_suspicious_message(cls) -> pl.Expr:  # noqa: N805
        return pl.col("current").sum().over("suspicious_message_id") <= 1
