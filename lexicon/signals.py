"""Signals: matches that are not part of a longer match of the same message."""

import polars as pl


def with_signals(matches: pl.DataFrame) -> pl.DataFrame:
    """The matches with a column ``signal``: whether the match lies in no longer match of its message.

    matches: message_id, start, end. Where 想自杀 is an entry too, the 自杀 in it is a match and no signal. Entries that
    match the very same characters do not hide each other. Rows keep no order.
    """
    spans = matches.select("message_id", "start", "end").unique()
    before = pl.col("end").cum_max().shift(1).over("message_id")
    # In this order whatever contains a span comes before it, and reaches at least as far.
    ordered = spans.sort("message_id", "start", "end", descending=[False, False, True])
    marked = ordered.with_columns(signal=before.is_null() | (before < pl.col("end")))
    return matches.join(marked, on=["message_id", "start", "end"], how="left")
