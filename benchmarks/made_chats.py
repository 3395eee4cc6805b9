"""Made-up chats as arrays and as a workspace: a quarter replies, three suspicious messages in a hundred."""

from pathlib import Path

import numpy as np
import polars as pl

from core.contracts import empty
from core.store import Recipe
from core.workspace import create_workspace
from segmenter.contexts import Chats, Positions

SUSPICIOUS, REPLIES, SILENCES = 0.03, 0.25, 0.03


def made_chats(n_messages: int, n_chats: int, seed: int = 1) -> tuple[Chats, Positions]:
    """Chats of uneven length, a message a minute with silences of an hour; and the positions of suspicious messages."""
    rng = np.random.default_rng(seed)
    inner = rng.choice(np.arange(1, n_messages), n_chats - 1, replace=False) if n_chats > 1 else []
    offsets = np.array([0, *np.sort(inner), n_messages], dtype=np.int64)
    silent = rng.random(n_messages) < SILENCES
    times_ms = np.cumsum(np.where(silent, 3_600_000, rng.exponential(60_000, n_messages)).astype(np.int64))
    target = np.arange(n_messages) - rng.integers(1, 50, n_messages)
    inside = (rng.random(n_messages) < REPLIES) & (target >= np.repeat(offsets[:-1], np.diff(offsets)))
    users = rng.integers(0, 2_000, n_messages)
    seeds = np.flatnonzero(rng.random(n_messages) < SUSPICIOUS)
    return Chats(times_ms, np.where(inside, target, -1), users, offsets), seeds


def write_workspace(folder: Path, n_messages: int, n_chats: int) -> int:
    """A workspace with the tables ``messages`` and ``matches``; returns how many messages are suspicious."""
    store = create_workspace(folder).store
    chats, seeds = made_chats(n_messages, n_chats)
    (store.folder / "messages").mkdir(parents=True)
    for number, (first, end) in enumerate(zip(chats.offsets[:-1].tolist(), chats.offsets[1:].tolist(), strict=True)):
        _messages(chats, first, end, f"{number:032x}").write_parquet(store.path(f"messages/{number:032x}"))
    matches = pl.DataFrame({"message_id": seeds}).select(
        _identifier("message_id"), entry_id=pl.lit("e1"), term=pl.lit("好累"), kind=pl.lit("implicit"),
        category=pl.lit("distress"), start=pl.lit(2, pl.Int64), end=pl.lit(4, pl.Int64),
    )  # fmt: skip
    store.write("matches", matches, Recipe(inputs={}))
    return len(seeds)


def _messages(chats: Chats, first: int, end: int, chat_id: str) -> pl.DataFrame:
    numbers = pl.DataFrame(
        {
            "message_id": np.arange(first, end),
            "user_id": chats.users[first:end],
            "reply_id": chats.reply_to[first:end],
            "timestamp": 1_600_000_000_000 + chats.times_ms[first:end],
        }
    )
    frame = numbers.select(
        _identifier("message_id"), _identifier("user_id"), pl.lit(chat_id).alias("chat_id"),
        pl.when(pl.col("reply_id") >= 0).then(_identifier("reply_id")),
        pl.col("timestamp").cast(pl.Datetime("ms", "UTC")),
        content=pl.lit("真的好累啊，不知道怎么说") + pl.col("message_id").cast(pl.String),
        is_forward=pl.lit(value=False), edited_at=pl.lit(None, pl.Datetime("ms", "UTC")),
    )  # fmt: skip
    return frame.select(empty("messages").columns)


def _identifier(column: str) -> pl.Expr:
    """32 digits, as long as a pseudonym."""
    return pl.col(column).cast(pl.String).str.zfill(32).alias(column)
