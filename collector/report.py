"""What a run of `collect` did, and what the table ``messages`` holds after it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from collector.chat_files import reading
from collector.id_hashes import are_among
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
    run; then messages of files that were not given this time keep their earlier form. marked: mark
    (`collector.repeats.MARKS`) → rows of the run that have it and are kept. names_left: names of members that were not
    looked for everywhere, because they are also ordinary words. retracted: rows that left the table because their
    authors have since edited them down to less than a message.
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
    marked: dict[str, int] = field(default_factory=dict)
    names_left: int = 0
    retracted: int = 0

    def as_json(self) -> dict[str, Any]:
        """The fields of the run and of the table, side by side; times in ISO 8601."""
        values = asdict(self)
        del values["table"]
        return values | table_json(self.table)


def table_json(table: TableSummary) -> dict[str, Any]:
    """The fields of a table; times in ISO 8601."""
    times = {name: time and time.isoformat() for name, time in (("first", table.first), ("last", table.last))}
    return asdict(table) | times


def summarise(files: Sequence[Path]) -> TableSummary:
    """Describe the files of the table ``messages``, one file in memory at a time."""
    if not files:
        return TableSummary(placeholders=dict.fromkeys(PLACEHOLDERS, 0))
    users: set[str] = set()
    described: list[pl.DataFrame] = []
    for path in files:
        with reading(path):
            described.append(_describe(path, users))
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
    chat = pl.scan_parquet(path, glob=False)
    users.update(chat.select(pl.col("user_id").unique()).collect().to_series())
    counts = [
        pl.col("content").str.count_matches(mark.rstrip("〉"), literal=True).sum().cast(pl.Int64).alias(kind)
        for kind, mark in PLACEHOLDERS.items()
    ]
    about = chat.select(
        pl.len().cast(pl.Int64).alias("messages"),
        *counts,
        first=pl.col("timestamp").min(),
        last=pl.col("timestamp").max(),
    )
    return about.collect().with_columns(missing=pl.lit(_missing_targets(chat), pl.Int64))


def _missing_targets(chat: pl.LazyFrame) -> int:
    """Replies whose target is not in the chat, told by hashes."""
    present = np.sort(chat.select(pl.col("message_id").hash()).collect().to_series().to_numpy())
    targets = chat.select(pl.col("reply_id").drop_nulls().hash()).collect().to_series().to_numpy()
    return int(np.count_nonzero(~are_among(targets, present)))
