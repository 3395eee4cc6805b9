"""From records to rows: pseudonyms for ids, clean text, a reason for every record that is not kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from collector.cleaning import clean_all
from collector.pseudonyms import Pseudonyms
from collector.sources.records import RawMessage, Record, Rejected
from core.contracts import empty
from core.settings import CollectSettings

REJECTED_SCHEMA = {
    "message_id": pl.String,
    "chat_id": pl.String,
    "position": pl.Int64,
    "reason": pl.String,
    "source": pl.String,
}
"""Columns of ``messages_rejected``. message_id, chat_id: pseudonyms, null where the record did not say. position: where
in its file; source: the file, by the first 12 hex digits of its SHA-256. Reasons: `collector.sources.records.Reason`.
"""


@dataclass(frozen=True)
class Prepared:
    """rows: columns of the table ``messages``, in source order. rejected: `REJECTED_SCHEMA`."""

    rows: pl.DataFrame
    rejected: pl.DataFrame


def prepare(records: Sequence[Record], source: str, pseudonyms: Pseudonyms, settings: CollectSettings) -> Prepared:
    """Rows and rejects of some records of a source. No raw id and no raw text is in either."""
    messages = [record for record in records if isinstance(record, RawMessage)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    judged = _rows(messages, pseudonyms, settings).with_columns(reason=_reason(settings.min_chars))
    dropped = judged.filter(pl.col("reason").is_not_null()).select("message_id", "chat_id", "position", "reason")
    return Prepared(
        rows=judged.filter(pl.col("reason").is_null()).select(empty("messages").columns),
        rejected=pl.concat([_rejected(rejected, pseudonyms), dropped]).with_columns(source=pl.lit(source)),
    )


def _rows(messages: Sequence[RawMessage], pseudonyms: Pseudonyms, settings: CollectSettings) -> pl.DataFrame:
    """One row a message: the columns of ``messages``, its position, and whether it came without any text."""
    chat = {raw: pseudonyms.chat(raw) for raw in {message.chat for message in messages}}
    rows = pl.DataFrame(
        {
            "message_id": _texts(pseudonyms.message(message.message) for message in messages),
            "chat_id": _texts(chat[message.chat] for message in messages),
            "user_id": _texts(_optional(pseudonyms.user, message.user) for message in messages),
            "reply_id": _texts(_optional(pseudonyms.message, message.reply_to) for message in messages),
            "timestamp": _times(message.time for message in messages),
            "content": _texts(clean_all([message.text for message in messages], settings.simplify)),
            "is_forward": pl.Series([message.is_forward for message in messages], dtype=pl.Boolean),
            "edited_at": _times(message.edited_at for message in messages),
            "position": pl.Series([message.position for message in messages], dtype=pl.Int64),
            "textless": pl.Series([not message.text for message in messages], dtype=pl.Boolean),
        }
    )
    edited_later = pl.col("edited_at") >= pl.col("timestamp")  # old exports write 1970 where nothing was edited
    answers_another = pl.col("reply_id") != pl.col("message_id")
    return rows.with_columns(
        edited_at=pl.when(edited_later).then("edited_at"), reply_id=pl.when(answers_another).then("reply_id")
    )


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


def _rejected(records: Sequence[Rejected], pseudonyms: Pseudonyms) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message_id": _texts(_optional(pseudonyms.message, record.message) for record in records),
            "chat_id": _texts(_optional(pseudonyms.chat, record.chat) for record in records),
            "position": pl.Series([record.position for record in records], dtype=pl.Int64),
            "reason": _texts(record.reason for record in records),
        }
    )


def _optional(pseudonym: Callable[[str], str], raw: str | None) -> str | None:
    return None if raw is None else pseudonym(raw)


def _texts(values: Iterable[str | None]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


def _times(values: Iterable[datetime | None]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.Datetime("ms", "UTC"))
