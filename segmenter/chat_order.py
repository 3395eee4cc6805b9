"""Messages of a table in chat order, as the arrays that expansion works on."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from segmenter.contexts import NO_REPLY, Chats, Positions
from segmenter.mentions import mentioned_users


@dataclass(frozen=True)
class InOrder:
    """Messages chat after chat, each chat in order; row number and position are the same.

    table: message_id, chat_id, user_id, timestamp (ms), content, chat and user (numbers for the ids).
    seeds: positions of the suspicious messages, ascending; signals: their rows of `signals`, in the order of seeds.
    """

    table: pl.DataFrame
    chats: Chats
    seeds: Positions
    signals: pl.DataFrame


def in_chat_order(messages: pl.DataFrame, signals: pl.DataFrame, *, mentions: bool = False) -> InOrder:
    """The messages in chat order. signals: as `signals_by_message` makes them; rows for other messages are left.

    mentions: whether the expansion asks whom each message addresses (`expansions.ASK_FOR_MENTIONS`).
    """
    table = messages.select(
        "message_id",
        "chat_id",
        "user_id",
        "reply_id",
        "content",
        pl.col("timestamp").cast(pl.Datetime("ms", "UTC")),
        _number("chat_id").alias("chat"),
        _number("user_id").alias("user"),
    )
    if not _stands_in_order(table):
        table = table.sort("chat", "timestamp", maintain_order=True)
    chat = table["chat"].to_numpy()
    found = _positions(table, signals, "message_id").sort("position")
    users = table["user"].to_numpy()
    chats = Chats(
        times_ms=table["timestamp"].dt.timestamp("ms").to_numpy(),
        reply_to=_reply_positions(table, chat),
        users=users,
        offsets=np.concatenate([[0], np.flatnonzero(np.diff(chat)) + 1, [len(chat)]]).astype(np.int64),
        mentions=mentioned_users(table["content"], table["user_id"], users, chat) if mentions else None,
    )
    return InOrder(table.drop("reply_id"), chats, found["position"].to_numpy(), found.drop("position"))


def _number(column: str) -> pl.Expr:
    """A number for each different id: comparing numbers takes a fraction of the time and memory."""
    return pl.col(column).cast(pl.Categorical).to_physical().cast(pl.Int64)


def _stands_in_order(table: pl.DataFrame) -> bool:
    """Whether each chat is one run of rows and its times never go backwards, as in the files that collecting writes."""
    same_chat = (pl.col("chat").diff() == 0).fill_null(value=False)
    backwards = same_chat & (pl.col("timestamp").diff().dt.total_milliseconds() < 0)
    runs_and_backwards = table.select((~same_chat).sum().alias("runs"), backwards.any().alias("backwards"))
    return runs_and_backwards.row(0) == (table["chat"].n_unique(), False)


def _reply_positions(table: pl.DataFrame, chat: Positions) -> Positions:
    replies = table.select("reply_id", pl.int_range(pl.len(), dtype=pl.Int64).alias("from")).drop_nulls("reply_id")
    found = _positions(table, replies, "reply_id")
    source, target = found["from"].to_numpy(), found["position"].to_numpy()
    inside = chat[source] == chat[target]
    reply_to = np.full(table.height, NO_REPLY, dtype=np.int64)
    reply_to[source[inside]] = target[inside]
    return reply_to


def _positions(table: pl.DataFrame, wanted: pl.DataFrame, column: str) -> pl.DataFrame:
    """The rows of `wanted` whose message is in the table, and its position; `column` names the message."""
    positions = table.select(
        pl.col("message_id").alias(column), pl.int_range(pl.len(), dtype=pl.Int64).alias("position")
    )
    return positions.join(wanted, on=column, how="inner")
