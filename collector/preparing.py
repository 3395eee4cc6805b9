"""From records to rows: pseudonyms for ids, clean text, a reason for every record that is not kept.

In two steps. `draft` needs nothing but the records, and notes who is called what and which texts come again; `finish`
puts aliases for the names of members and drops what the settings drop, once the whole source has been read. `prepare`
does both at once, for records that come with all that is to be known about them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from collector.cleaning import nearly_clean, with_members
from collector.members import Members
from collector.pseudonyms import Pseudonyms
from collector.repeats import MARKS, Repeats, count_marks, is_by_a_bot, reason_to_drop
from collector.sources.records import RawMessage, Record, Rejected
from collector.times import disguised
from core.contracts import empty
from core.setting_tables.collecting import CollectSettings

REJECTED_SCHEMA = {
    "message_id": pl.String,
    "chat_id": pl.String,
    "position": pl.Int64,
    "reason": pl.String,
    "source": pl.String,
    "edited_at": pl.Datetime("ms", "UTC"),
}
"""Columns of ``messages_rejected``. message_id, chat_id: pseudonyms, null where the record did not say. position: where
in its file; source: the file, by the first 12 hex digits of its SHA-256. edited_at: of the version that was rejected;
null where it was not edited, or is no message. Reasons: `collector.sources.records.Reason`.
"""


@dataclass(frozen=True)
class Prepared:
    """rows: columns of the table ``messages``, in source order; of a draft also position and the marks (`MARKS`, an
    advert's apart). rejected: `REJECTED_SCHEMA`. marked: mark → rows that have it and are kept.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    marked: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Known:
    """What the texts of a run are judged by: who is called what, and what was said before."""

    members: Members = field(default_factory=Members)
    repeats: Repeats = field(default_factory=Repeats)


def prepare(records: Sequence[Record], source: str, pseudonyms: Pseudonyms, settings: CollectSettings) -> Prepared:
    """Rows and rejects of some records of a source, judged by themselves. No raw id and no raw text is in either."""
    known = Known()
    drafted = draft(records, source, pseudonyms, settings, known)
    finished = finish(drafted.rows, source, settings, known)
    return Prepared(finished.rows, pl.concat([drafted.rejected, finished.rejected]), finished.marked)


def draft(
    records: Sequence[Record], source: str, pseudonyms: Pseudonyms, settings: CollectSettings, known: Known
) -> Prepared:
    """Rows whose texts may still hold names of members and mentions, and rejects. ``known`` learns from the records."""
    messages = [record for record in records if isinstance(record, RawMessage)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    judged = _rows(messages, pseudonyms, settings, known).with_columns(reason=_reason(settings.min_chars))
    kept, dropped = _parted(judged, source)
    known.repeats.note(kept)
    columns = [*empty("messages").columns, "position", *(mark for mark in MARKS if mark in kept.columns)]
    rejects = _rejected(rejected, source, pseudonyms)
    return Prepared(rows=kept.select(columns), rejected=pl.concat([rejects, dropped]))


def finish(rows: pl.DataFrame, source: str, settings: CollectSettings, known: Known) -> Prepared:
    """The rows of a draft as they go into the table, and those that the settings drop."""
    named = _with_members(rows, settings, known.members)
    judged = named.with_columns(known.repeats.adverts(rows), forward="is_forward")
    kept, dropped = _parted(judged.with_columns(reason=reason_to_drop(settings)), source)
    return Prepared(kept.select(empty("messages").columns), dropped, count_marks(kept))


def _parted(judged: pl.DataFrame, source: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows without a reason, and `REJECTED_SCHEMA` of the others."""
    dropped = judged.filter(pl.col("reason").is_not_null()).with_columns(source=pl.lit(source))
    return judged.filter(pl.col("reason").is_null()), dropped.select(REJECTED_SCHEMA.keys())


def _with_members(rows: pl.DataFrame, settings: CollectSettings, members: Members) -> pl.DataFrame:
    """The rows with names and mentions replaced, each by what is known of its chat."""
    texts = pl.Series("content", [None] * rows.height, dtype=pl.String)
    for (chat,), places in rows.with_row_index("place").group_by("chat_id"):
        named = with_members(
            places.get_column("content").to_list(), members.names(str(chat)), settings.simplify, settings.repeat_limit
        )
        texts = texts.scatter(places.get_column("place"), named)
    return rows.with_columns(texts)


def _rows(
    messages: Sequence[RawMessage], pseudonyms: Pseudonyms, settings: CollectSettings, known: Known
) -> pl.DataFrame:
    """One row a message: the columns of ``messages``, its position, and whether it came without any text."""
    chat = {raw: pseudonyms.chat(raw) for raw in {message.chat for message in messages}}
    rows = pl.DataFrame(
        {
            "message_id": _texts(pseudonyms.message(message.message) for message in messages),
            "chat_id": _texts(chat[message.chat] for message in messages),
            "user_id": _texts(_optional(pseudonyms.user, message.user) for message in messages),
            "reply_id": _texts(_optional(pseudonyms.message, message.reply_to) for message in messages),
            "timestamp": _times(message.time for message in messages),
            "content": _texts(
                nearly_clean([message.text for message in messages], settings.simplify, settings.repeat_limit)
            ),
            "is_forward": pl.Series([message.is_forward for message in messages], dtype=pl.Boolean),
            "edited_at": _times(message.edited_at for message in messages),
            "position": pl.Series([message.position for message in messages], dtype=pl.Int64),
            "textless": pl.Series([not message.text for message in messages], dtype=pl.Boolean),
            "bot": pl.Series([is_by_a_bot(message) for message in messages], dtype=pl.Boolean),
        }
    )
    _note_names(messages, chat, pseudonyms, known.members)
    rows = rows.with_columns(known.repeats.floods(rows))
    edited_later = pl.col("edited_at") >= pl.col("timestamp")  # old exports write 1970 where nothing was edited
    answers_another = pl.col("reply_id") != pl.col("message_id")
    rows = rows.with_columns(
        edited_at=pl.when(edited_later).then("edited_at"), reply_id=pl.when(answers_another).then("reply_id")
    )
    shifts = {pseudonym: pseudonyms.time_shift(raw) for raw, pseudonym in chat.items()}
    return disguised(rows, shifts, pseudonyms.privacy)


def _note_names(
    messages: Iterable[RawMessage], chat: Mapping[str, str], pseudonyms: Pseudonyms, members: Members
) -> None:
    """Note who is called what. ``chat``: raw chat id → pseudonym."""
    for raw_chat, raw_user, name in {(message.chat, message.user, message.name) for message in messages}:
        if raw_user is not None and name:
            members.note(chat[raw_chat], pseudonyms.user(raw_user), name)


def _reason(min_chars: int) -> pl.Expr:
    """Why a row is dropped; null: it is not."""
    return (
        pl.when(pl.col("textless"))
        .then(pl.lit("empty"))
        .when(pl.col("user_id").is_null())
        .then(pl.lit("no_sender"))
        .when(pl.col("content").str.len_chars() < min_chars)
        .then(pl.lit("too_short"))
    )


def _rejected(records: Sequence[Rejected], source: str, pseudonyms: Pseudonyms) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message_id": _texts(_optional(pseudonyms.message, record.message) for record in records),
            "chat_id": _texts(_optional(pseudonyms.chat, record.chat) for record in records),
            "position": pl.Series([record.position for record in records], dtype=pl.Int64),
            "reason": _texts(record.reason for record in records),
            "source": _texts(source for _ in records),
            "edited_at": _times(None for _ in records),
        }
    )


def _optional(pseudonym: Callable[[str], str], raw: str | None) -> str | None:
    return None if raw is None else pseudonym(raw)


def _texts(values: Iterable[str | None]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _times(values: Iterable[datetime | None]) -> pl.Series:
    # By way of milliseconds, which polars takes in five times as fast as datetimes.
    milliseconds = [None if value is None else round(value.timestamp() * 1000) for value in values]
    return pl.Series(milliseconds, dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))
