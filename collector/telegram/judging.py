"""Rows of a step, judged by all that is known of the group by then: who is called what, and what was said just before.

A group is published step by step, and so two things are told by less than the whole group. Whether a message is a
repetition (`collector.repeats`) is decided within its step and the minute before, when it is first read; reading it
again decides nothing anew. And a member's name may stand in a message long before the
member says something: the names met so far are remembered from step to step (sealed, with the group's state), and when
a pass has reached its end, rows that are older than a name are gone through once more.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from collector.chat_files import parts_of, reading
from collector.cleaning import with_members
from collector.exports import TABLE
from collector.members import ChatNames
from collector.preparing import REJECTED_SCHEMA, Known, Prepared, draft, finish
from collector.pseudonyms import Pseudonyms
from collector.sources.records import RawMessage, Record
from collector.telegram.state import ChatState
from core.setting_tables.collecting import CollectSettings
from core.store import Store

REPETITIONS = ("flood", "advert")
SOURCE = "telegram"
"""What ``messages_rejected`` names instead of a file."""


def judged(
    records: Sequence[Record],
    before: Sequence[Record],
    chat_id: str,
    state: ChatState,
    pseudonyms: Pseudonyms,
    settings: CollectSettings,
) -> Prepared:
    """Rows and rejects of a step's records. ``before``: those of the minute before, which are in no row.

    The names that the records bring are added to the state. Positions are null: a number of a message is a raw id.
    """
    known = _known(chat_id, state)
    drafted = draft([*before, *records], SOURCE, pseudonyms, settings, known)
    known.members.count(chat_id, drafted.rows.get_column("content"))
    finished = finish(drafted.rows, SOURCE, settings, known)
    _remember_names([*before, *records], state, pseudonyms)
    outside = [pseudonyms.message(record.message) for record in before if record.message is not None]
    rejected = pl.concat([drafted.rejected, finished.rejected])
    return Prepared(
        finished.rows.filter(~pl.col("message_id").is_in(outside)),
        rejected.filter(~pl.col("message_id").is_in(outside)).with_columns(position=pl.lit(None, pl.Int64)),
    )


def as_decided(prepared: Prepared, store: Store, table: Path) -> Prepared:
    """The same, but what was decided to be a repetition, or to be none, when it was first read stays so."""
    rejects = store.read_rejected(TABLE)
    decided = [] if rejects is None else rejects.filter(pl.col("reason").is_in(REPETITIONS)).get_column("message_id")
    rows = prepared.rows.filter(~pl.col("message_id").is_in(list(decided)))
    if not table.exists():
        return Prepared(rows, prepared.rejected)
    with reading(table):
        kept = pl.scan_parquet(table).select("message_id").collect().get_column("message_id")
    again = pl.col("reason").is_in(REPETITIONS) & pl.col("message_id").is_in(kept.implode())
    return Prepared(rows, prepared.rejected.filter(~again))


def renamed(table: Path, chat_id: str, state: ChatState, settings: CollectSettings) -> Iterator[Prepared]:
    """The rows of a group's table in which names stand that are known by now, with aliases in their place."""
    known = _known(chat_id, state)
    with reading(table):
        parts = parts_of([table])
        for part in parts:
            known.members.count(chat_id, part.scan().select("content").collect().get_column("content"))
        names = known.members.names(chat_id)
        for part in parts:
            changed = _with_aliases(part.scan().collect(), names, settings)
            if changed.height:
                yield Prepared(changed, pl.DataFrame(schema=REJECTED_SCHEMA))


def _with_aliases(rows: pl.DataFrame, names: ChatNames, settings: CollectSettings) -> pl.DataFrame:
    """Those of the rows that change."""
    texts = rows.get_column("content")
    named = pl.Series("content", with_members(texts.to_list(), names, settings.simplify, settings.repeat_limit))
    return rows.with_columns(named).filter(named != texts)


def _known(chat_id: str, state: ChatState) -> Known:
    known = Known()
    for user_id, names in state.names.items():
        for name in names:
            known.members.note(chat_id, user_id, name)
    return known


def _remember_names(records: Sequence[Record], state: ChatState, pseudonyms: Pseudonyms) -> None:
    for record in records:
        if isinstance(record, RawMessage) and record.user is not None and record.name:
            names = state.names.setdefault(pseudonyms.user(record.user), [])
            if record.name not in names:
                names.append(record.name)
                state.unswept = True
