"""The order of a chat, and what becomes of a message that two sources hold.

Works on keys: one row a message with message_id, timestamp, edited_at and where the row itself lies (part, row), so
that a chat is ordered without its texts in memory.

The rules:

* A chat is ordered by (timestamp, order in the source). Within one source that is a stable sort by timestamp.
* Of a message's versions the one with the newest edited_at stays; between equals the one that was there first, or the
  new one when ``prefer_new`` (the settings changed). It takes the place of the version that it replaces.
* Two sources are joined along the messages that both hold (anchors): a message that only one source holds stays after
  its nearest preceding anchor. Where both have messages of the same time between the same two anchors, those of the
  source that begins earlier come first (then: ends earlier; then: holds the smallest message_id of its own).

So A joined with B is B joined with A, whether they overlap or not, as long as the two agree on the order of what they
share; where they contradict each other, the order that was there first stays.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

KEYS_SCHEMA = {
    "message_id": pl.String,
    "timestamp": pl.Datetime("ms", "UTC"),
    "edited_at": pl.Datetime("ms", "UTC"),
    "part": pl.UInt32,
    "row": pl.UInt32,
}
_VERSION = ("timestamp", "edited_at", "part", "row")


@dataclass(frozen=True)
class Joined:
    """keys: `KEYS_SCHEMA`, in chat order. Of the source's messages: new ones, those that replaced an older version
    (updated), and those that were there already or came again in the same source (duplicates).
    """

    keys: pl.DataFrame
    new: int
    updated: int
    duplicates: int


def join(
    known: pl.DataFrame, source: pl.DataFrame, prefer_new: bool = False, source_first: bool | None = None
) -> Joined:
    """Known messages of a chat, in chat order, with those of one more source, in its order. Both: `KEYS_SCHEMA`.

    ``source_first``: which of the two comes first where nothing else decides; None: these rows are all there is, and
    tell it.
    """
    fresh = _newest_versions(source)
    if known.is_empty():
        return Joined(_sorted(fresh), fresh.height, 0, source.height - fresh.height)
    both = fresh.join(known, on="message_id", suffix="_known", maintain_order="left")
    replacing = both.filter(_replaces(prefer_new)).select("message_id", *_VERSION)
    settled = _sorted(known.update(replacing, on="message_id"))
    arriving = _sorted(fresh.update(settled.select("message_id", *_VERSION), on="message_id"))
    return Joined(
        keys=_interleaved(settled, arriving, source_first),
        new=fresh.height - both.height,
        updated=replacing.height,
        duplicates=source.height - fresh.height + both.height - replacing.height,
    )


def _newest_versions(source: pl.DataFrame) -> pl.DataFrame:
    """Each message once: its newest version, at the place of its first."""
    if source.get_column("message_id").n_unique() == source.height:
        return source
    return (
        source.with_row_index("place")
        .with_columns(pl.col("place").min().over("message_id"))
        .sort("edited_at", descending=True, nulls_last=True, maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
        .sort("place")
        .drop("place")
    )


def _replaces(prefer_new: bool) -> pl.Expr:
    """Whether the source's version replaces the known one."""
    never = pl.lit(0, pl.Int64)
    edited = pl.coalesce(pl.col("edited_at").cast(pl.Int64), never)
    edited_known = pl.coalesce(pl.col("edited_at_known").cast(pl.Int64), never)
    return edited >= edited_known if prefer_new else edited > edited_known


def _sorted(keys: pl.DataFrame) -> pl.DataFrame:
    return keys.sort("timestamp", maintain_order=True)


def _interleaved(settled: pl.DataFrame, arriving: pl.DataFrame, swapped: bool | None) -> pl.DataFrame:
    """The union of both, along their anchors."""
    anchors = _anchors(settled, arriving)
    first, second = (_with_anchor(keys, anchors) for keys in (settled, arriving))
    first_own = first.join(arriving, on="message_id", how="anti")
    second_own = second.join(settled, on="message_id", how="anti")
    if swapped is None:
        both_own = not first_own.is_empty() and not second_own.is_empty()
        swapped = both_own and _extent(arriving, second_own) < _extent(settled, first_own)
    sides = [first.with_columns(side=pl.lit(swapped)), second_own.with_columns(side=pl.lit(not swapped))]
    order = ["timestamp", "anchor", "is_anchor", "side", "place"]
    descending = [False, False, True, False, False]
    return pl.concat(sides).sort(order, descending=descending).select(KEYS_SCHEMA.keys())


def _anchors(settled: pl.DataFrame, arriving: pl.DataFrame) -> pl.Series:
    """The message_ids that both hold and have in the same order: those that stand, in the arriving order, further on
    in the settled one than all before them.
    """
    places = settled.select("message_id").with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    shared = arriving.select("message_id").join(places, on="message_id", maintain_order="left")
    furthest_before = pl.col("place").cum_max().shift(1, fill_value=-1)
    return shared.filter(pl.col("place") > furthest_before).get_column("message_id")


def _with_anchor(keys: pl.DataFrame, anchors: pl.Series) -> pl.DataFrame:
    """Each message with the number of anchors up to and including it, and its own place."""
    return (
        keys.with_columns(is_anchor=pl.col("message_id").is_in(anchors.implode()))
        .with_columns(anchor=pl.col("is_anchor").cum_sum())
        .with_row_index("place")
    )


def _extent(keys: pl.DataFrame, own: pl.DataFrame) -> tuple[datetime, datetime, str]:
    """First and last time of a source, and the smallest message_id that only it holds."""
    return keys.item(0, "timestamp"), keys.item(-1, "timestamp"), own.get_column("message_id").sort().item(0)
