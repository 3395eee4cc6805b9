"""From what a run has read to finished files: each chat joined with what the table holds of it, and the rejects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from collector.chat_files import keys_of, parts_of, reading, write_ordered
from collector.exports import TABLE
from collector.id_hashes import are_among, hashed
from collector.ordering import Joined, join
from collector.retractions import earlier_rejects, outdated, retracted
from collector.spool import Spool
from collector.windows import Side, plan
from core.store import Store


@dataclass
class Merged:
    """finished: chat_id → its new file, or None when no message of it is left; chats that did not change are not in it.
    The counts are those of `collector.ordering.Joined`, summed; withdrawn: messages that were kept away because they
    were deleted, outdated: and because their newest version is none (`collector.retractions`). retracted: rows that
    left the table for the latter reason.
    """

    finished: dict[str, Path | None] = field(default_factory=dict)
    new: int = 0
    updated: int = 0
    duplicates: int = 0
    withdrawn: int = 0
    outdated: int = 0
    retracted: int = 0

    def count(self, joined: Joined, withdrawn: int, outdated: int) -> None:
        self.new += joined.new
        self.updated += joined.updated
        self.duplicates += joined.duplicates
        self.withdrawn += withdrawn
        self.outdated += outdated


def merge(store: Store, spool: Spool, resettled: bool, live: bool = False) -> Merged:
    """Join every chat of the spool with the table. Writes into the spool's folder only.

    ``resettled``: what the spool holds replaces what is there, and what it rejects goes. ``live``: the spool was read
    from the platform itself, so what it rejects goes too, and what it holds is not deleted; otherwise messages that
    were noted as deleted stay away, and older versions of what was edited down to nothing go and stay away.
    """
    merged = Merged()
    rejected = spool.rejected().select("chat_id", "message_id").drop_nulls()
    gone = (rejected if resettled or live else rejected.clear()).collect()
    withdrawn = gone.clear() if live else _withdrawn(store)
    now, ever = (gone.clear(), gone.clear()) if live else retracted(store, spool, resettled)
    concerned = {*gone.get_column("chat_id"), *now.get_column("chat_id")}
    emptied = {chat for chat in concerned if store.exists(f"{TABLE}/{chat}")}
    for chat_id in sorted(emptied.union(spool.chats())):
        leaving = Leaving(gone.filter(chat_id=chat_id), withdrawn, ever.filter(chat_id=chat_id))
        _merge_chat(store, spool, chat_id, leaving, resettled, merged)
    return merged


@dataclass(frozen=True)
class Leaving:
    """What does not stay in a chat, by message_id: gone leaves the table, withdrawn is kept away from it, and what is
    retracted (`collector.retractions`) does both, in all versions that are older.
    """

    gone: pl.DataFrame
    withdrawn: pl.DataFrame
    retracted: pl.DataFrame


def _merge_chat(store: Store, spool: Spool, chat_id: str, leaving: Leaving, prefer_new: bool, merged: Merged) -> None:
    """Join one chat with the table; the outcome goes into ``merged``."""
    current = store.path(f"{TABLE}/{chat_id}")
    with reading(current):
        paths = [[current] if current.exists() else [], *spool.sources(chat_id)]
        old = outdated([part for some in paths for part in parts_of(some)], leaving.retracted)
        sides = _sides(paths, leaving, old)
        the_plan = plan(sides)
    order: list[pl.DataFrame] = []
    changed = False
    for window in the_plan.windows:
        with reading(current):
            held = keys_of(sides[0].parts, 0, window)
        keys = sides[0].wanted(held)
        changed = changed or keys.height < held.height
        merged.retracted += _rows_of(held, old)
        for side, source_first in zip(sides[1:], the_plan.source_first[1:], strict=True):
            arriving = keys_of(side.parts, side.first, window)
            welcome = side.wanted(arriving)
            joined = join(keys, welcome, prefer_new, source_first)
            n_old = _rows_of(arriving, old)
            merged.count(joined, withdrawn=arriving.height - welcome.height - n_old, outdated=n_old)
            changed = changed or joined.new + joined.updated > 0
            keys = joined.keys
        order.append(keys.select("part", "row"))
    if changed:
        target = spool.folder / f"{chat_id}.parquet"
        places, parts = pl.concat(order), [part for side in sides for part in side.parts]
        merged.finished[chat_id] = write_ordered(places, parts, target) if places.height else None


def _rows_of(keys: pl.DataFrame, messages: pl.DataFrame) -> int:
    """How many rows the messages (a column message_id) have among the keys."""
    return 0 if messages.is_empty() else keys.join(messages, on="message_id", how="semi").height


def _sides(paths: Sequence[Sequence[Path]], leaving: Leaving, old: pl.DataFrame) -> list[Side]:
    """What the table holds of a chat, and then what each source holds; their parts are numbered throughout."""
    sides: list[Side] = []
    for some in paths:
        unwanted = pl.concat([(leaving.withdrawn if sides else leaving.gone).select("message_id"), old])
        first = sides[-1].first + len(sides[-1].parts) if sides else 0
        sides.append(Side(parts_of(some), first, unwanted))
    return sides


def _withdrawn(store: Store) -> pl.DataFrame:
    """The message_ids that were noted as deleted on the platform."""
    return earlier_rejects(store).filter(reason="deleted").select("message_id")


def all_rejected(store: Store, spool: Spool, finished: Mapping[str, Path | None]) -> pl.DataFrame:
    """The rejects of all runs so far: one row a message and reason, without messages that are in the table by now.

    Duplicates are counted but not listed. Columns: `collector.preparing.REJECTED_SCHEMA`.
    """
    latest = spool.rejected().collect()
    rejected = _each_once(pl.concat([earlier_rejects(store), latest]))
    # A chat that a killed run finished does not change any more, and its rejects come up once more all the same.
    met = set(finished) | set(latest.get_column("chat_id").drop_nulls())
    for chat_id in sorted(met):
        path = finished[chat_id] if chat_id in finished else store.path(f"{TABLE}/{chat_id}")
        if path is not None and path.exists():
            kept = _among(rejected.get_column("message_id"), path)
            rejected = (
                rejected.join(kept, on="message_id", how="anti", maintain_order="left") if kept.height else rejected
            )
    return rejected


def _among(ids: pl.Series, path: Path) -> pl.DataFrame:
    """The message_ids in a file of which the ids probably hold one; surely all that they hold."""
    wanted = np.sort(hashed(ids.drop_nulls()))
    found = [pl.DataFrame(schema={"message_id": pl.String})]
    for part in parts_of([path]):
        some = part.scan().select("message_id").collect()
        found.append(some.filter(pl.Series(are_among(hashed(some.to_series()), wanted))))
    return pl.concat(found)


def _each_once(rejected: pl.DataFrame) -> pl.DataFrame:
    """The first row of each message, or of each place in a file, and reason; its edited_at the newest of all."""
    # Not by pl.format, which panics where a frame has an empty chunk (polars 2.1).
    once = pl.coalesce("message_id", pl.col("source") + ":" + pl.col("position").cast(pl.String))
    # Only what has an equal hash is compared, which for millions of rejects takes a third of the memory.
    numbers = rejected.select(once.hash() ^ pl.col("reason").hash(seed=1)).to_series()
    compared = rejected.with_row_index("place").filter(numbers.is_duplicated())
    newest = compared.select("place", pl.col("edited_at").max().over(once, "reason"))
    rejected = rejected.with_columns(
        rejected.get_column("edited_at").scatter(newest.get_column("place"), newest.get_column("edited_at"))
    )
    repeated = compared.join(compared.unique([once, "reason"], keep="first"), on="place", how="anti")
    wanted = pl.repeat(True, rejected.height, eager=True).scatter(repeated.get_column("place"), False)
    return rejected.filter(wanted)
