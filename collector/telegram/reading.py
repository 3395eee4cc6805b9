"""One group into the table ``messages``, step by step.

Each step is a small run of its own: its messages are pseudonymised and cleaned in memory, joined with what the table
holds of the group, published, and only then is it remembered that they were read. A run that is killed in between does
its last step again, and what is in the table already is not taken twice.
"""

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from collector import raw_ids
from collector.audit import note, noted_message_ids
from collector.collecting import publish
from collector.exports import TABLE, Memory
from collector.merging import Merged, all_rejected, merge
from collector.preparing import Prepared, prepare
from collector.pseudonyms import Pseudonyms
from collector.sources.records import Record, Rejected
from collector.spool import Spool
from collector.telegram.asking import Conversation
from collector.telegram.deletions import find_missing
from collector.telegram.groups import Group
from collector.telegram.history import Bounds, Step, steps
from collector.telegram.judging import SOURCE, as_decided, judged, names_of_things, renamed
from collector.telegram.messages import NO_POSITION, records_of
from collector.telegram.report import GroupReport
from collector.telegram.state import ChatState, States, holds, last_row, starting_state
from core.counting import counted
from core.setting_tables.collecting import CollectSettings
from core.store import Store, count_by_reason
from core.workspace import Workspace
from core.writing import writing

_INPUT = "telegram"


@dataclass(frozen=True)
class Desk:
    """What reading any group needs. at_once: messages of a step."""

    workspace: Workspace
    conversation: Conversation
    pseudonyms: Pseudonyms
    memory: Memory
    states: States
    spool: Spool
    at_once: int

    @property
    def store(self) -> Store:
        return self.workspace.store

    @property
    def settings(self) -> CollectSettings:
        return self.workspace.settings.collect


def read_group(desk: Desk, group: Group, report: GroupReport) -> None:
    """Read what is new in a group, and the last days of it again; ``report`` is filled as the work goes on.

    Raises Refusal when Telegram shows the group no longer, ServiceError when it cannot be reached; the steps before
    are in the table.
    """
    state = _state(desk, report.chat_id)
    bounds = Bounds.of(desk.settings.telegram, desk.workspace.clock())
    for step in steps(desk.conversation, group, state, bounds, desk.at_once):
        _remember_oldest(desk, step, state, report.chat_id)
        newest = max(state.newest, step.upto)
        state.mark = desk.pseudonyms.message(raw_ids.message(group.raw_id, str(newest)))
        _take(desk, group, step, state, report)
        state.position, state.newest = step.upto, newest
        state.n_read += step.n_new
        state.oldest = state.oldest or _first(step)
        state.passing, state.anew = not step.ended, state.anew and not step.ended
        state.last_row = last_row(desk.store, report.chat_id)
        desk.states.put(report.chat_id, state)
        desk.conversation.doing(f"reading @{group.name}: {counted(report.read, 'message')}")
    report.complete = not state.passing


def _state(desk: Desk, chat_id: str) -> ChatState:
    known = desk.states.get(chat_id)
    there = known is None or holds(desk.store, chat_id, known.last_row)
    state = starting_state(known, desk.settings, desk.memory.resettled, there)
    if state != known:
        desk.states.put(chat_id, state)  # before the first step, so that a killed run still knows that it reads anew
    return state


def _remember_oldest(desk: Desk, step: Step, state: ChatState, chat_id: str) -> None:
    """Before the very first step, unless an export brought messages: no message below can be known, and so none need be
    looked for among the deleted, not even by a run that goes on after this one was killed.
    """
    if not state.oldest and step.messages and not desk.store.exists(f"{TABLE}/{chat_id}"):
        state.oldest = _first(step)
        desk.states.put(chat_id, state)


def _first(step: Step) -> int:
    return step.messages[0].id if step.messages else 0


def _take(desk: Desk, group: Group, step: Step, state: ChatState, report: GroupReport) -> None:
    """Publish one step."""
    table = desk.store.path(f"{TABLE}/{report.chat_id}")
    missing = find_missing(desk.conversation, group, step, state.oldest, table, desk.pseudonyms)
    records = records_of((*step.messages, *missing.overlooked), group.raw_id, step.people)
    before = records_of(step.before, group.raw_id, step.people)
    prepared = judged(records, before, report.chat_id, state, desk.pseudonyms, desk.settings, desk.store)
    if state.fresh:
        _sweep(desk, table, state, report.chat_id, without=prepared.rows.get_column("message_id"))
    if not state.anew:
        prepared = as_decided(prepared, desk.store, table)
    gone = _gone(desk, group, missing.gone, report)
    merged = _publish(desk, [prepared, gone], state, report.chat_id, state.anew)
    if step.ended and state.unswept:
        _sweep(desk, table, state, report.chat_id, without=pl.Series(dtype=pl.String))
        state.unswept = False
    report.read += len(records)
    report.new += merged.new
    report.updated += merged.updated
    known = len(records) - merged.new - merged.updated - prepared.rejected.height
    report.dropped += Counter(count_by_reason(prepared.rejected)) + Counter(duplicate=known)
    report.deleted += gone.rejected.height
    report.marked += prepared.marked


def _sweep(desk: Desk, table: Path, state: ChatState, chat_id: str, without: pl.Series) -> None:
    """Replace in the table the names that are known by now. What is decided is remembered first: a run that is killed
    meanwhile decides the same, although the names stand in fewer rows by then.
    """
    if table.exists():
        if state.things is None:
            state.things = names_of_things(table, chat_id, state)
            desk.states.put(chat_id, state)
        _publish(desk, renamed(table, chat_id, state, desk.settings, without), state, chat_id, anew=True)
    state.fresh, state.things = False, None


def _gone(desk: Desk, group: Group, gone: list[str], report: GroupReport) -> Prepared:
    """The rejects that messages become which are gone from Telegram; none when the settings keep them."""
    records: list[Record] = [Rejected(NO_POSITION, "deleted", group.raw_id, raw) for raw in gone]
    if desk.settings.telegram.deletions == "keep":
        _note_deletions(desk, report.chat_id, gone)
        report.deleted_kept += len(gone)
        records = []
    prepared = prepare(records, SOURCE, desk.pseudonyms, desk.settings)
    return Prepared(prepared.rows, prepared.rejected.with_columns(position=pl.lit(None, pl.Int64)))


def _publish(desk: Desk, some: Iterable[Prepared], state: ChatState, chat_id: str, anew: bool) -> Merged:
    """Join some rows and rejects with the table; nothing is written when nothing changes."""
    store = desk.store
    folder = desk.spool.folder / "step"
    with writing("the working files"):
        folder.mkdir()
    try:
        spool = Spool(folder)
        for prepared in some:
            spool.add(0, prepared)
        merged = merge(store, spool, anew, live=True)
        if merged.finished or _rejects_grow(store, spool, merged):
            made_of = desk.memory.recipe_with((), {_INPUT: desk.states.fingerprint_with(chat_id, state.mark)})
            publish(store, spool, merged, made_of)
        return merged
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rejects_grow(store: Store, spool: Spool, merged: Merged) -> bool:
    earlier = store.read_rejected(TABLE)
    return all_rejected(store, spool, merged.finished).height > (0 if earlier is None else earlier.height)


def _note_deletions(desk: Desk, chat_id: str, gone: list[str]) -> None:
    """Note in the audit log the messages that are gone from Telegram and stay here, each once."""
    if gone:
        ids = {desk.pseudonyms.message(raw) for raw in gone}
        fresh = sorted(ids - noted_message_ids(desk.workspace, "deletion_noted", chat_id))
        if fresh:
            note(desk.workspace, "deletion_noted", chat_id, {"message_ids": fresh})
