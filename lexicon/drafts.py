"""From imported entries to the frozen lexicon: drafts live in the database, freezing makes the table."""

from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, select

from core.contracts import empty
from core.database import transaction
from core.errors import WorkspaceError
from core.people import DraftEntry, Event
from core.store import Recipe, digest
from core.workspace import Workspace
from lexicon.entries import read_entries


@dataclass(frozen=True)
class ImportReport:
    """Entries read from a file, and what they did to the drafts."""

    read: int
    new: int
    updated: int
    unchanged: int

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class FreezeReport:
    """Entries of the frozen lexicon, by kind."""

    entries: int
    explicit: int
    implicit: int
    changed: bool

    def as_json(self) -> dict[str, int | bool]:
        return asdict(self)


def import_entries(workspace: Workspace, engine: Engine, path: Path, actor: str = "cli") -> ImportReport:
    """Add the entries of a file to the drafts; an entry whose term is there already is updated. All or nothing."""
    entries = read_entries(path, workspace.settings.lexicon.categories)
    now = workspace.clock()
    new = updated = 0
    with transaction(engine) as session:
        known = {draft.entry_id: draft for draft in session.scalars(select(DraftEntry))}
        for entry in entries:
            draft = known.get(entry.entry_id)
            if draft is None:
                session.add(DraftEntry(entry_id=entry.entry_id, imported_at=now, **asdict(entry)))
                new += 1
            elif (draft.kind, draft.category, draft.note) != (entry.kind, entry.category, entry.note):
                draft.kind, draft.category, draft.note = entry.kind, entry.category, entry.note
                updated += 1
        report = ImportReport(len(entries), new, updated, len(entries) - new - updated)
        session.add(Event(at=now, actor=actor, action="lexicon_imported", detail=report.as_json()))
    return report


def drafts(engine: Engine) -> pl.DataFrame:
    """The draft entries in the shape of the table ``lexicon``, sorted by entry_id."""
    columns = ("entry_id", "term", "kind", "category", "note")
    with transaction(engine) as session:
        found = session.scalars(select(DraftEntry).order_by(DraftEntry.entry_id)).all()
        rows = [{column: getattr(draft, column) for column in columns} for draft in found]
    return pl.DataFrame(rows, schema=empty("lexicon").schema)


def recipe(engine: Engine) -> Recipe:
    """What the table ``lexicon`` is made of."""
    return Recipe(inputs={"draft_entries": digest(drafts(engine).rows())})


def freeze(workspace: Workspace, engine: Engine) -> FreezeReport:
    """Write the drafts as the table ``lexicon`` (entry_id, term, kind, category, note), sorted by entry_id."""
    frame = drafts(engine)
    if frame.is_empty():
        raise WorkspaceError("there is nothing to freeze: no entry was imported; run: assay lexicon import FILE")
    made_from = recipe(engine)
    changed = not workspace.store.unchanged("lexicon", made_from)
    if changed:
        workspace.store.write("lexicon", frame, made_from)
    explicit = frame.filter(pl.col("kind") == "explicit").height
    return FreezeReport(frame.height, explicit, frame.height - explicit, changed)
