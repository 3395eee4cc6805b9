"""Messages that their authors edited down to less than a message: their older, longer versions are not kept either.

That a newest version was too short, or empty, stands in ``messages_rejected`` with the time of the edit. What is older
than that leaves the table, and stays away when an older export still holds it.
"""

from collections.abc import Sequence

import polars as pl

from collector.chat_files import Part
from collector.exports import TABLE
from collector.preparing import REJECTED_SCHEMA
from collector.spool import Spool
from core.store import Store

REASONS = ("too_short", "empty")


def earlier_rejects(store: Store) -> pl.DataFrame:
    """``messages_rejected`` as it is: `REJECTED_SCHEMA`; without rows where there is none."""
    earlier = store.read_rejected(TABLE)
    nothing = pl.DataFrame(schema=REJECTED_SCHEMA)
    return nothing if earlier is None else pl.concat([nothing, earlier], how="diagonal")


def retracted_in(rejected: pl.LazyFrame) -> pl.DataFrame:
    """chat_id, message_id (key) and edited_at of the newest version that was edited down to less than a message."""
    taken_back = rejected.filter(pl.col("reason").is_in(REASONS), pl.col("edited_at").is_not_null())
    known = taken_back.select("chat_id", "message_id", "edited_at").drop_nulls()
    return known.group_by("chat_id", "message_id").agg(pl.col("edited_at").max()).collect()


def retracted(store: Store, spool: Spool, resettled: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same of this run, and of it and those before; when the settings have changed since, of this run only."""
    now = retracted_in(spool.rejected())
    if resettled:
        return now, now
    both = pl.concat([now, retracted_in(earlier_rejects(store).lazy())])
    return now, both.group_by("chat_id", "message_id").agg(pl.col("edited_at").max())


def outdated(parts: Sequence[Part], retracted: pl.DataFrame) -> pl.DataFrame:
    """message_id of those retracted messages of which no row of a chat is as new as what took them back."""
    versions = (
        [part.scan().select("message_id", version=pl.col("edited_at").cast(pl.Int64).fill_null(0)) for part in parts]
        if retracted.height
        else []
    )
    if not versions:
        return pl.DataFrame(schema={"message_id": pl.String})
    newest = (
        pl.concat(versions)
        .join(retracted.lazy(), on="message_id")
        .group_by("message_id")
        .agg(pl.col("version").max(), pl.col("edited_at").max())
    )
    return newest.filter(pl.col("edited_at").cast(pl.Int64) > pl.col("version")).select("message_id").collect()
