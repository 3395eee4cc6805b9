"""Where every entry of a lexicon comes from, and what the experts rejected: the rows of ``lexicon_rulings``."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import Engine, select

from core.contracts import empty
from core.database import transaction
from core.people import DraftEntry
from lexicon.review.outcomes import Outcome


def provenance(engine: Engine, lexicon: pl.DataFrame, ruled: Sequence[Outcome]) -> pl.DataFrame:
    """One row an imported entry and one a decision of a closed review; ``lexicon_rulings`` without ``version``.

    lexicon: the entries that are frozen; a row is ``in_lexicon`` when its term stands there as the row has it.
    """
    with transaction(engine) as session:
        drafts = session.scalars(select(DraftEntry).order_by(DraftEntry.entry_id)).all()
        imported = {draft.entry_id for draft in drafts}
        rows = [_imported(draft) for draft in drafts]
    newest = {outcome.candidate_id: outcome for outcome in ruled}
    entries = set(lexicon["entry_id"]) - imported
    rows += [
        _reviewed(
            one, one.final.decision == "accept" and one.candidate_id in entries and newest[one.candidate_id] is one
        )
        for one in ruled
    ]
    schema = {name: dtype for name, dtype in empty("lexicon_rulings").schema.items() if name != "version"}
    return pl.DataFrame(rows, schema=schema).sort("entry_id", "origin", "review")


def _imported(draft: DraftEntry) -> dict[str, Any]:
    return {
        "entry_id": draft.entry_id,
        "origin": "imported",
        "review": "",
        "term": draft.term,
        "decision": "accept",
        "kind": draft.kind,
        "category": draft.category,
        "ruled_at": draft.imported_at,
        "note": draft.note,
        "in_lexicon": True,
    }


def _reviewed(outcome: Outcome, in_lexicon: bool) -> dict[str, Any]:
    a, b = outcome.pair.alone or (None, None)
    return {
        "entry_id": outcome.candidate_id,
        "origin": "review",
        "review": outcome.review,
        "term": outcome.term,
        "decision": outcome.final.decision,
        "kind": outcome.final.kind,
        "category": outcome.final.category,
        "decision_a": a.decision if a else None,
        "decision_b": b.decision if b else None,
        "settled": outcome.settled,
        "ruled_at": outcome.ruled_at,
        "note": outcome.final.note or None,
        "in_lexicon": in_lexicon,
    }
