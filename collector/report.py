"""What a run of `collect` did, and what the table ``messages`` holds after it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from collector.scrubbing import PLACEHOLDERS


@dataclass(frozen=True)
class TableSummary:
    """The table ``messages`` as it lies on disk.

    missing_reply_targets: replies whose target is not in the chat's table (dropped, deleted or never exported).
    placeholders: kind → how often it stands in the contents. first, last: times of messages, UTC.
    """

    messages: int = 0
    chats: int = 0
    users: int = 0
    missing_reply_targets: int = 0
    placeholders: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class CollectReport:
    """One run. read = kept + Σ dropped, always.

    changed: False when every file was known already and nothing was read. files, files_known: files given, and those
    among them that were collected before. read: records of the files that were read. kept: records that are in the
    table now; updated of these replaced an older version of a message, the others are new rows. dropped: reason →
    records (`collector.sources.records.Reason`). resettled: whether settings or software had changed since the last
    run; then messages of files that were not given this time keep their earlier form.
    """

    changed: bool
    files: int
    files_known: int
    read: int
    kept: int
    updated: int
    dropped: dict[str, int]
    resettled: bool
    table: TableSummary

    def as_json(self) -> dict[str, Any]:
        """The fields of the run and of the table, side by side."""
        values = asdict(self)
        return values | values.pop("table")


def summarise(files: Sequence[Path]) -> TableSummary:
    """Describe the files of a many-file table ``messages``, one file in memory at a time."""
    users: set[str] = set()
    described = [_describe(path, users) for path in files]
    if not described:
        return TableSummary(placeholders=dict.fromkeys(PLACEHOLDERS, 0))
    whole = pl.concat(described).select(
        pl.col("messages", "missing", *PLACEHOLDERS).sum(), first=pl.col("first").min(), last=pl.col("last").max()
    )
    row = whole.row(0, named=True)
    return TableSummary(
        messages=row["messages"],
        chats=len(files),
        users=len(users),
        missing_reply_targets=row["missing"],
        placeholders={kind: row[kind] for kind in PLACEHOLDERS},
        first=row["first"],
        last=row["last"],
    )


def _describe(path: Path, users: set[str]) -> pl.DataFrame:
    """One row about a chat's file; its senders are added to ``users``."""
    chat = pl.scan_parquet(path)
    users.update(chat.select(pl.col("user_id").unique()).collect().to_series())
    counts = [
        pl.col("content").str.count_matches(mark, literal=True).sum().cast(pl.Int64).alias(kind)
        for kind, mark in PLACEHOLDERS.items()
    ]
    replies = chat.select("reply_id").drop_nulls()
    missing = replies.join(chat.select("message_id"), left_on="reply_id", right_on="message_id", how="anti")
    about = chat.select(
        pl.len().cast(pl.Int64).alias("messages"),
        *counts,
        first=pl.col("timestamp").min(),
        last=pl.col("timestamp").max(),
    )
    return about.collect().with_columns(missing=pl.lit(missing.select(pl.len()).collect().item(), pl.Int64))
