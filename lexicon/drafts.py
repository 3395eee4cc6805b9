"""From imported entries and accepted candidates to the frozen lexicon: they live in the database, freezing makes the
tables: ``lexicon``, and for good the version with the rulings behind it.
"""

from collections.abc import Sequence
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
from lexicon.provenance import provenance
from lexicon.review.outcomes import Outcome, outcomes
from lexicon.versions import keep_version


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
    """Entries of the frozen lexicon, by kind and by where they come from. changed: False when it was frozen as it is.

    version: its number, from 1. rejected: candidates that the reviews rejected.
    """

    entries: int
    explicit: int
    implicit: int
    changed: bool
    version: int
    imported: int
    reviewed: int
    rejected: int

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


def accepted(ruled: Sequence[Outcome]) -> pl.DataFrame:
    """What closed reviews accepted, in the shape of the table ``lexicon``; of a candidate ruled twice, the later."""
    newest = {outcome.candidate_id: outcome for outcome in ruled}
    rows = [
        (one.candidate_id, one.term, one.final.kind, one.final.category, one.final.note or None)
        for one in newest.values()
        if one.final.decision == "accept"
    ]
    return pl.DataFrame(rows, schema=empty("lexicon").schema, orient="row")


def recipe(engine: Engine) -> Recipe:
    """What the table ``lexicon`` is made of."""
    return _recipe(drafts(engine), outcomes(engine))


def _recipe(imported: pl.DataFrame, ruled: Sequence[Outcome]) -> Recipe:
    # Without reviews the recipe is the one that it was before there were any, so that no older lexicon turns stale.
    rulings = {"rulings": digest([asdict(outcome) for outcome in ruled])} if ruled else {}
    return Recipe(inputs={"draft_entries": digest(imported.rows())} | rulings)


def freeze(workspace: Workspace, engine: Engine, actor: str = "cli") -> FreezeReport:
    """Write imported entries and accepted candidates as the table ``lexicon``, sorted by entry_id, and keep the version
    with its rulings (``lexicon_versions``, ``lexicon_rulings``).

    An imported entry stays as it was imported, whatever a review says about its term: importing is how people overrule
    one. Raises WorkspaceError when there is nothing to freeze.
    """
    store, imported, ruled = workspace.store, drafts(engine), outcomes(engine)
    reviewed = accepted(ruled).join(imported, on="entry_id", how="anti")
    frame = pl.concat([imported, reviewed]).sort("entry_id")
    if frame.is_empty():
        raise WorkspaceError(
            "there is nothing to freeze: no entry was imported, no review accepted one; run: assay lexicon import FILE"
        )
    made_from = _recipe(imported, ruled)
    rulings = provenance(engine, frame, ruled)
    version, is_new = keep_version(store, frame, rulings, made_from)
    is_stale = not store.unchanged("lexicon", made_from)
    if is_stale:
        store.write("lexicon", frame, made_from)
    explicit = frame.filter(pl.col("kind") == "explicit").height
    report = FreezeReport(
        entries=frame.height,
        explicit=explicit,
        implicit=frame.height - explicit,
        changed=is_new or is_stale,
        version=version,
        imported=imported.height,
        reviewed=reviewed.height,
        rejected=rulings.filter(pl.col("decision") == "reject")["entry_id"].n_unique(),
    )
    if is_new:
        _note(workspace, engine, actor, report)
    return report


def _note(workspace: Workspace, engine: Engine, actor: str, report: FreezeReport) -> None:
    with transaction(engine) as session:
        subject = f"version {report.version}"
        event = Event(at=workspace.clock(), actor=actor, action="lexicon_frozen", subject=subject)
        event.detail = report.as_json()
        session.add(event)
