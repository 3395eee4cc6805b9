"""What the table ``segments`` says of each segment."""

from hashlib import sha256

import polars as pl

from segmenter.chat_order import InOrder
from segmenter.contexts import Contexts

SEGMENT_SCHEMA: dict[str, pl.DataType] = {
    "segment_id": pl.String(),
    "chat_id": pl.String(),
    "message_ids": pl.List(pl.String()),
    "suspicious_message_ids": pl.List(pl.String()),
    "suspicious_message_id": pl.String(),
    "at_risk_user_id": pl.String(),
    "start": pl.Datetime("ms", "UTC"),
    "end": pl.Datetime("ms", "UTC"),
    "n_messages": pl.Int64(),
    "n_users": pl.Int64(),
    "n_chars": pl.Int64(),
    "n_signals": pl.Int64(),
    "risk_level": pl.Int64(),
}


def describe(messages: InOrder, segments: Contexts) -> pl.DataFrame:
    """One row a segment with the columns of SEGMENT_SCHEMA, in the order of the segments.

    segments: disjoint sets that each hold a suspicious message.
    """
    members = messages.table[segments.positions].with_columns(
        pl.Series("segment", segments.numbers()), pl.Series("position", segments.positions)
    )
    suspicious = members.select("segment", "position", "message_id", "user_id").join(
        messages.signals.drop("message_id").with_columns(pl.Series("position", messages.seeds)),
        on="position",
        how="inner",
        maintain_order="left",
    )
    described = (
        _of_members(members)
        .join(_of_suspicious(suspicious), on="segment", how="left", maintain_order="left")
        .with_columns(pl.lit(None, dtype=pl.Int64).alias("risk_level"))
    )
    return described.with_columns(_segment_ids(described)).select(
        pl.col(name).cast(dtype) for name, dtype in SEGMENT_SCHEMA.items()
    )


def _of_members(members: pl.DataFrame) -> pl.DataFrame:
    return members.group_by("segment", maintain_order=True).agg(
        pl.col("chat_id").first(),
        pl.col("message_id").alias("message_ids"),
        pl.col("timestamp").first().alias("start"),
        pl.col("timestamp").last().alias("end"),
        pl.len().alias("n_messages"),
        pl.col("user").n_unique().alias("n_users"),
        pl.col("content").str.len_chars().sum().alias("n_chars"),
    )


def _of_suspicious(suspicious: pl.DataFrame) -> pl.DataFrame:
    # Position is the last word, so no tie is left to the order of rows.
    ranked = suspicious.sort(
        "segment", "n_entries", "n_explicit", "position", descending=[False, True, True, False]
    ).unique("segment", keep="first", maintain_order=True)
    counted = suspicious.group_by("segment", maintain_order=True).agg(
        pl.col("message_id").alias("suspicious_message_ids"), pl.col("n_signals").sum()
    )
    chosen = ranked.select(
        "segment",
        pl.col("message_id").alias("suspicious_message_id"),
        pl.col("user_id").alias("at_risk_user_id"),
    )
    return counted.join(chosen, on="segment", how="left", maintain_order="left")


def _segment_ids(segments: pl.DataFrame) -> pl.Series:
    """16 hex digits that depend on the chat and on the messages in order, and on nothing else.

    The text is joined by polars, so that Python's share is one hash a segment.
    """
    texts = segments.select(pl.concat_str("chat_id", pl.col("message_ids").list.join("\n"), separator="\n"))
    hashed = (sha256(text.encode()).hexdigest()[:16] for text in texts.to_series())
    return pl.Series("segment_id", hashed, dtype=pl.String)
