"""Rows of a step, judged by all that is known of the group by then: who is called what, and what was said just before.

A group is published step by step, and so two things are told by less than the whole group. Whether a message is a
repetition (`collector.repeats`) is decided when it is first read: a flood within its step and the minute before, an
advert by its copies in the step and in the tables of all groups. Reading it again decides nothing anew. And a member's
name may stand in a message long before the member says something: the names met so far are remembered from step to step
(sealed, with the group's state). When a step brings new ones, older rows are gone through before the step is published,
and when a pass has reached its end all of them are once more, by how frequent the names turned out to be.
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
from collector.repeats import LONG
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
    store: Store,
) -> Prepared:
    """Rows, rejects and marks of a step's records. ``before``: those of the minute before, which are in no row.

    The names that the records bring are added to the state. Positions are null: a number of a message is a raw id.
    """
    known = _known(chat_id, state)
    drafted = draft([*before, *records], SOURCE, pseudonyms, settings, known)
    known.members.count(chat_id, drafted.rows.get_column("content"))
    _remember_names([*before, *records], state, pseudonyms)
    _note_copies(drafted.rows, chat_id, settings, known, store)
    outside = pl.col("message_id").is_in(
        [pseudonyms.message(record.message) for record in before if record.message is not None]
    )
    finish(drafted.rows.filter(outside), SOURCE, settings, known)  # the first copy of an advert may be among them
    finished = finish(drafted.rows.filter(~outside), SOURCE, settings, known)
    rejected = pl.concat([drafted.rejected.filter(~outside | pl.col("message_id").is_null()), finished.rejected])
    return Prepared(finished.rows, rejected.with_columns(position=pl.lit(None, pl.Int64)), finished.marked)


def _note_copies(rows: pl.DataFrame, chat_id: str, settings: CollectSettings, known: Known, store: Store) -> None:
    """Note what the tables of all groups hold of the long texts among some rows."""
    long = rows.get_column("content").filter(rows.get_column("content").str.len_chars() >= LONG).unique().to_list()
    names = known.members.names(chat_id)
    as_published = dict(zip(with_members(long, names, settings.simplify, settings.repeat_limit), long, strict=True))
    for part in store.parts(TABLE) if long else ():
        path = store.path(part)
        with reading(path):
            held = pl.scan_parquet(path, glob=False).filter(pl.col("content").is_in(list(as_published))).collect()
        copies = held.with_columns(pl.col("content").replace_strict(as_published, return_dtype=pl.String))
        known.repeats.note(copies)
        known.repeats.adverts(copies)


def as_decided(prepared: Prepared, store: Store, table: Path) -> Prepared:
    """The same, but what was decided to be a repetition, or to be none, when it was first read stays so."""
    rejects = store.read_rejected(TABLE)
    decided = [] if rejects is None else rejects.filter(pl.col("reason").is_in(REPETITIONS)).get_column("message_id")
    rows = prepared.rows.filter(~pl.col("message_id").is_in(list(decided)))
    if not table.exists():
        return Prepared(rows, prepared.rejected, prepared.marked)
    with reading(table):
        kept = pl.scan_parquet(table, glob=False).select("message_id").collect().get_column("message_id")
    again = pl.col("reason").is_in(REPETITIONS) & pl.col("message_id").is_in(kept.implode())
    return Prepared(rows, prepared.rejected.filter(~again), prepared.marked)


def names_of_things(table: Path, chat_id: str, state: ChatState) -> list[str]:
    """Names that are known by now and are also words, by how frequent they are in a group's table."""
    members = _known(chat_id, state).members
    with reading(table):
        for part in parts_of([table]):
            members.count(chat_id, part.scan().select("content").collect().get_column("content"))
    return members.things(chat_id)


def renamed(
    table: Path, chat_id: str, state: ChatState, settings: CollectSettings, without: pl.Series
) -> Iterator[Prepared]:
    """The rows of a group's table in which names stand that are known by now, with aliases in their place.

    ``state.things``: what was decided to be the name of a thing. ``without``: message_ids that are not looked at.
    """
    members = _known(chat_id, state).members
    members.decide(chat_id, state.things or [])
    names = members.names(chat_id)
    with reading(table):
        for part in parts_of([table]):
            rows = part.scan().filter(~pl.col("message_id").is_in(without.implode())).collect()
            changed = _with_aliases(rows, names, settings)
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
                state.unswept = state.fresh = True
