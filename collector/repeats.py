"""Messages that are not conversation: bots, forwards, adverts that go round, and floods of one text.

flood: the same text by the same person in the same chat, at most a minute after the time before. advert: a long text
(`LONG` characters or more) that stands in a run's sources `COPIES` times or more, from two people or in two chats at
least. Of both the first copy is no flood and no advert: no text disappears altogether. bot: the platform says so, or
the sender is called like a bot. forward: the platform says so.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from collector.sources.records import RawMessage
from core.setting_tables.collecting import CollectSettings

MARKS = ("bot", "forward", "advert", "flood")
"""In this order: a message that is dropped is counted under the first that it has, a kept one under each."""
FLOOD_SECONDS = 60
LONG = 30
COPIES = 5

_BOT = re.compile(r"(?:[ _-]|(?<=[a-z]))[Bb]ot$|^[Bb]ot$|(?<=[a-z])Bot$|(?<![a-zA-Z])BOT$|机器人$|機器人$")
_NAMES_OF_PEOPLE = re.compile(r"(?:^|[^A-Za-z])(?:abbot|talbot|cabot|turbot|robot|sabot)$", re.IGNORECASE)


def is_by_a_bot(message: RawMessage) -> bool:
    """Whether a program wrote a message, or it was written through one."""
    name = (message.name or "").strip()
    called = _BOT.search(name) is not None and _NAMES_OF_PEOPLE.search(name) is None
    return message.is_bot or called


@dataclass
class Repeats:
    """What has been said so far in a run: what floods and adverts are told by. Texts are held as hashes only."""

    _last: pl.DataFrame | None = None
    _long: list[pl.DataFrame] = field(default_factory=list)
    _first: dict[int, str] = field(default_factory=dict)
    _adverts: set[int] | None = None

    def floods(self, rows: pl.DataFrame) -> pl.Series:
        """Which rows of a source are floods. Rows: message_id, chat_id, user_id, timestamp (exact), content.

        To be asked some rows at a time, in their order: the last minute of those before counts too.
        """
        said = rows.select(
            "message_id",
            "chat_id",
            "timestamp",
            said=pl.struct("chat_id", "user_id", "content").hash(),
            place=pl.int_range(pl.len()),
            known=pl.col("user_id").is_not_null(),
        )
        everything = said if self._last is None else pl.concat([self._last, said])
        minute = pl.duration(seconds=FLOOD_SECONDS)
        again = (
            everything.filter("known", pl.col("said").is_duplicated())
            .sort("timestamp", maintain_order=True)
            .with_columns(pl.col("timestamp", "message_id").shift(1).over("said").name.suffix("_before"))
            .filter(pl.col("timestamp") - pl.col("timestamp_before") <= minute)
            .filter(pl.col("message_id") != pl.col("message_id_before"), pl.col("place") >= 0)
        )
        chats = said.select("chat_id").unique()
        newest = everything.join(chats, on="chat_id", how="semi").filter(
            pl.col("timestamp") >= pl.col("timestamp").max().over("chat_id") - minute
        )
        self._last = newest.with_columns(place=pl.lit(-1, pl.Int64))
        flood = pl.Series("flood", [False] * rows.height, dtype=pl.Boolean)
        return flood.scatter(again.get_column("place"), True)

    def note(self, rows: pl.DataFrame) -> None:
        """Note the long texts of some rows (message_id, chat_id, user_id, content)."""
        long = rows.filter(pl.col("content").str.len_chars() >= LONG)
        self._long.append(long.select(pl.col("content", "message_id", "chat_id", "user_id").hash()))
        self._adverts = None

    def adverts(self, rows: pl.DataFrame) -> pl.Series:
        """Which rows hold a copy of an advert. All rows of the run are to be noted before, and asked in their order."""
        text = pl.when(pl.col("content").str.len_chars() >= LONG).then(pl.col("content").hash())
        found = rows.select("message_id", text=text, known=text.is_in(list(self._known())))
        marked = [bool(known) and self._is_a_copy(text, message) for message, text, known in found.iter_rows()]
        return pl.Series("advert", marked, dtype=pl.Boolean)

    def _known(self) -> set[int]:
        """Hashes of the texts that are adverts."""
        if self._adverts is None:
            counted = (
                pl.concat(self._long)
                .unique(["content", "message_id"])
                .group_by("content")
                .agg(copies=pl.len(), people=pl.col("user_id").n_unique(), chats=pl.col("chat_id").n_unique())
                .filter(pl.col("copies") >= COPIES, (pl.col("people") > 1) | (pl.col("chats") > 1))
                if self._long
                else pl.DataFrame(schema={"content": pl.UInt64})
            )
            self._adverts = set(counted.get_column("content"))
        return self._adverts

    def _is_a_copy(self, text: int, message_id: str) -> bool:
        """Whether a message is not the one in which an advert stands first."""
        return self._first.setdefault(text, message_id) != message_id


def reason_to_drop(settings: CollectSettings) -> pl.Expr:
    """The first mark (columns `MARKS`) of a row that the settings drop; null: none."""
    what: Mapping[str, str] = {
        "bot": settings.bots, "forward": settings.forwards, "advert": settings.floods, "flood": settings.floods,
    }  # fmt: skip
    dropped = [pl.when(mark).then(pl.lit(mark)) for mark in MARKS if what[mark] == "drop"]
    return pl.coalesce(*dropped, pl.lit(None, pl.String))


def count_marks(rows: pl.DataFrame) -> Counter[str]:
    """Mark → rows that have it."""
    sums = rows.select(pl.col(*MARKS).sum()).row(0, named=True)
    return Counter({mark: n for mark, n in sums.items() if n})
