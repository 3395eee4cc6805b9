"""From what a run has read to finished files: each chat joined with what the table holds of it, and the rejects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from collector.chat_files import keys_of, parts_of, reading, write_ordered
from collector.exports import TABLE
from collector.ordering import join
from collector.spool import Spool
from core.store import Store


@dataclass
class Merged:
    """finished: chat_id → its new file, or None when no message of it is left; chats that did not change are not in it.
    The counts are those of `collector.ordering.Joined`, summed.
    """

    finished: dict[str, Path | None] = field(default_factory=dict)
    new: int = 0
    updated: int = 0
    duplicates: int = 0


def merge(store: Store, spool: Spool, resettled: bool) -> Merged:
    """Join every chat of the spool with the table. Writes into the spool's folder only.

    ``resettled``: what the spool holds replaces what is there, and what it rejects goes.
    """
    merged = Merged()
    rejected = spool.rejected().select("chat_id", "message_id").drop_nulls().collect()
    gone = rejected if resettled else rejected.clear()
    touched = set(spool.chats()) | {chat for chat in gone.get_column("chat_id") if store.exists(f"{TABLE}/{chat}")}
    for chat_id in sorted(touched):
        _merge_chat(store, spool, chat_id, gone.filter(chat_id=chat_id), resettled, merged)
    return merged


def _merge_chat(store: Store, spool: Spool, chat_id: str, gone: pl.DataFrame, prefer_new: bool, merged: Merged) -> None:
    """Join one chat with the table, without the messages in ``gone``; the outcome goes into ``merged``."""
    current = store.path(f"{TABLE}/{chat_id}")
    with reading(current):
        parts = parts_of([current] if current.exists() else [])
        held = keys_of(parts, 0)
    keys = held.join(gone, on="message_id", how="anti", maintain_order="left")
    changed = keys.height < held.height
    for paths in spool.sources(chat_id):
        more = parts_of(paths)
        joined = join(keys, keys_of(more, len(parts)), prefer_new)
        parts, keys = parts + more, joined.keys
        merged.new += joined.new
        merged.updated += joined.updated
        merged.duplicates += joined.duplicates
        changed = changed or joined.new + joined.updated > 0
    if changed:
        target = spool.folder / f"{chat_id}.parquet"
        merged.finished[chat_id] = write_ordered(keys, parts, target) if keys.height else None


def all_rejected(store: Store, spool: Spool, finished: Mapping[str, Path | None]) -> pl.DataFrame:
    """The rejects of all runs so far: one row a message and reason, without messages that are in the table by now.

    Duplicates are counted but not listed. Columns: `collector.preparing.REJECTED_SCHEMA`.
    """
    earlier = store.read_rejected(TABLE)
    frames = [spool.rejected().collect()] if earlier is None else [earlier, spool.rejected().collect()]
    once = pl.coalesce("message_id", pl.format("{}:{}", "source", "position"))
    rejected = pl.concat(frames).unique([once, "reason"], keep="first", maintain_order=True)
    for path in finished.values():
        if path is not None:
            kept = pl.scan_parquet(path).select("message_id").collect()
            rejected = rejected.join(kept, on="message_id", how="anti", maintain_order="left")
    return rejected
