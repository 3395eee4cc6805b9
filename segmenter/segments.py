"""Segments: suspicious messages with their context, merged, filtered by length and described."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl

from core.errors import ContractError
from segmenter.expansion import NO_REPLY, Expansion, expand
from segmenter.merge import union
from segmenter.signals import signals_by_message

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
REJECTED_SCHEMA: dict[str, pl.DataType] = {**SEGMENT_SCHEMA, "reason": pl.String()}


@dataclass(frozen=True)
class Segments:
    """The segments of a collection. Both frames are ordered by chat_id, start, segment_id.

    kept: the columns of SEGMENT_SCHEMA, key segment_id.
    rejected: the same and reason, "too_short" or "too_long".
    """

    kept: pl.DataFrame
    rejected: pl.DataFrame


def build_segments(messages: pl.DataFrame, matches: pl.DataFrame, parameters: Expansion) -> Segments:
    """Expand every suspicious message, merge what overlaps, describe each segment and filter by length.

    messages: message_id (key), chat_id, user_id, reply_id (nullable), timestamp (Datetime ms UTC), content;
    rows of a chat with the same timestamp stand in the order of the source.
    matches: message_id, entry_id, kind ("explicit" or "implicit"), start, end (character offsets in content).
    A message with at least one match is suspicious.

    A reply to a message that is not in the same chat is ignored. Under the merge rule "union" every
    suspicious message is in exactly one segment, kept or rejected. What the columns mean:
      segment_id              first 16 hex digits of SHA-256 over chat_id and message_ids, joined by "\\n"
      message_ids             in chat order; suspicious_message_ids: the suspicious ones among them
      suspicious_message_id   most distinct entries matched, then most explicit entries, then the earliest
      at_risk_user_id         who sent that message
      start, end              times of the first and the last message
      n_chars                 characters of content; n_signals: matches not contained in a longer one
      risk_level              null until labels are released

    Raises ContractError when a message_id repeats or a match names a message that is absent.
    """
    signals = signals_by_message(matches)
    _check(messages, signals)
    chats = _in_chat_order(messages, signals)
    described = _describe(_members(chats, parameters))
    return _filter_by_length(described, parameters)


def segment_id(chat_id: str, message_ids: list[str]) -> str:
    """16 hex digits that depend on the chat and on the messages in order, and on nothing else."""
    return sha256("\n".join([chat_id, *message_ids]).encode()).hexdigest()[:16]


def _check(messages: pl.DataFrame, signals: pl.DataFrame) -> None:
    n_repeated = messages.height - messages["message_id"].n_unique()
    if n_repeated:
        raise ContractError(
            f"messages: wanted each message_id once, got {n_repeated} repeated. Collect the messages again."
        )
    n_absent = signals.join(messages, on="message_id", how="anti").height
    if n_absent:
        raise ContractError(
            f"matches: wanted only messages that the messages table holds, got {n_absent} that it lacks. "
            "Match the lexicon again."
        )


def _in_chat_order(messages: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Messages chat by chat in order; position and reply_position in the whole frame; signal counts."""
    ordered = (
        messages.with_columns(pl.col("timestamp").cast(pl.Datetime("ms", "UTC")))
        .sort("chat_id", "timestamp", maintain_order=True)
        .with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("position"))
    )
    targets = ordered.select(
        "chat_id",
        pl.col("message_id").alias("reply_id"),
        pl.col("position").alias("reply_position"),
    )
    return ordered.join(targets, on=["chat_id", "reply_id"], how="left", maintain_order="left").join(
        signals, on="message_id", how="left", maintain_order="left"
    )


def _members(chats: pl.DataFrame, parameters: Expansion) -> pl.DataFrame:
    """One row a message of a segment: the columns of `chats` and the number of the `segment`."""
    runs = chats.group_by("chat_id", maintain_order=True).agg(
        pl.col("position").first(),
        pl.len().alias("n_messages"),
        pl.col("n_entries").count().alias("n_suspicious"),
    )
    positions: list[list[int]] = []
    for first, n_messages in runs.filter(pl.col("n_suspicious") > 0).select("position", "n_messages").iter_rows():
        for segment in _segments_of_chat(chats.slice(first, n_messages), first, parameters):
            positions.append([first + position for position in segment])
    return (
        pl.DataFrame({"position": positions}, schema={"position": pl.List(pl.Int64)})
        .with_row_index("segment")
        .explode("position")
        .join(chats, on="position", how="left", maintain_order="left")
    )


def _segments_of_chat(chat: pl.DataFrame, first: int, parameters: Expansion) -> list[list[int]]:
    """Positions within the chat of each merged segment; the chat starts at `first` in the whole frame."""
    reply_to = (chat["reply_position"] - first).fill_null(NO_REPLY)
    return union(
        expand(
            chat["timestamp"].dt.timestamp("ms").to_numpy(),
            reply_to.to_numpy(),
            chat["n_entries"].is_not_null().arg_true().to_numpy().astype(np.int64),
            max_gap_min=parameters.max_gap,
            max_size=parameters.max_size,
            max_span_min=parameters.max_span,
        )
    )


def _describe(members: pl.DataFrame) -> pl.DataFrame:
    """One row a segment with the columns of SEGMENT_SCHEMA, ordered by chat_id, start, segment_id."""
    suspicious = pl.col("n_entries").is_not_null()
    # Position is the last word, so no tie is left to the order of rows.
    by_rank = {
        "by": ["n_entries", "n_explicit", "position"],
        "descending": [True, True, False],
        "nulls_last": True,
    }
    segments = members.group_by("segment", maintain_order=True).agg(
        pl.col("chat_id").first(),
        pl.col("message_id").alias("message_ids"),
        pl.col("message_id").filter(suspicious).alias("suspicious_message_ids"),
        pl.col("message_id").sort_by(**by_rank).first().alias("suspicious_message_id"),
        pl.col("user_id").sort_by(**by_rank).first().alias("at_risk_user_id"),
        pl.col("timestamp").first().alias("start"),
        pl.col("timestamp").last().alias("end"),
        pl.len().alias("n_messages"),
        pl.col("user_id").n_unique().alias("n_users"),
        pl.col("content").str.len_chars().sum().alias("n_chars"),
        pl.col("n_signals").sum(),
        pl.lit(None, dtype=pl.Int64).first().alias("risk_level"),
    )
    ids = [segment_id(*row) for row in segments.select("chat_id", "message_ids").iter_rows()]
    return (
        segments.with_columns(pl.Series("segment_id", ids, dtype=pl.String))
        .select(pl.col(name).cast(dtype) for name, dtype in SEGMENT_SCHEMA.items())
        .sort("chat_id", "start", "segment_id")
    )


def _filter_by_length(segments: pl.DataFrame, parameters: Expansion) -> Segments:
    n_messages = pl.col("n_messages")
    judged = segments.with_columns(
        pl.when(n_messages < parameters.min_messages)
        .then(pl.lit("too_short"))
        .when(n_messages > parameters.max_messages)
        .then(pl.lit("too_long"))
        .alias("reason")
    )
    return Segments(
        kept=judged.filter(pl.col("reason").is_null()).drop("reason"),
        rejected=judged.filter(pl.col("reason").is_not_null()),
    )
