"""Where one stage needs another's work: a batch or a review that closes needs the agreement of its raters."""

from typing import Any

import polars as pl
from sqlalchemy import Engine

from annotation.human.batch_reports import BatchSummary, ClosedBatch
from annotation.human.batches import close_batch, list_batches
from annotation.human.users import COMMAND_LINE
from annotation.silver.economy import StillOpen
from consensus.cohen import cohen_kappa
from consensus.economy import still_open
from consensus.measuring import agreement_json
from core.errors import WorkspaceError
from core.workspace import Workspace
from lexicon.review.closing import ClosedReview, close_review


def close(workspace: Workspace, engine: Engine, batch: str, by: str = COMMAND_LINE) -> ClosedBatch:
    """Close a batch with the agreement of its raters. Raises WorkspaceError as `close_batch` does."""
    return close_batch(engine, batch, agreement_json, by=by, clock=workspace.clock)


def close_if_complete(workspace: Workspace, engine: Engine, batch: str, by: str) -> bool:
    """Close a batch once no assignment of it is open, if the settings say so; whether it is closed afterwards."""
    found = batch_named(engine, batch)
    if found.state != "open":
        return True
    if found.n_done < found.n_total or not workspace.settings.annotate.close_when_complete:
        return False
    try:
        close(workspace, engine, batch, by)
    except WorkspaceError:
        # Two annotators may submit the last two items at once; then the other's page has closed the batch.
        if batch_named(engine, batch).state == "open":
            raise
    return True


def batch_named(engine: Engine, name: str) -> BatchSummary:
    """The batch of that name. Raises WorkspaceError when there is none."""
    for batch in list_batches(engine):
        if batch.name == name:
            return batch
    raise WorkspaceError(f"no batch {name!r}; see: assay batch list")


def expert_agreement(ratings: pl.DataFrame) -> dict[str, Any]:
    """Cohen's κ of experts A and B as JSON: a, b, n, value, low, high, method, reason. ratings: of one variable."""
    return cohen_kappa(ratings.select("item", "rater", "label"), "A", "B").as_json()


def close_lexicon_review(workspace: Workspace, engine: Engine, review: str, by: str) -> ClosedReview:
    """Close a review with the κ of its two experts. Raises WorkspaceError as `close_review` does."""
    return close_review(engine, review, expert_agreement, by=by, clock=workspace.clock)


def still_open_under(workspace: Workspace) -> StillOpen:
    """Which ballots the gate of this workspace still leaves open, for voters that save votes."""
    panel, gate = workspace.settings.vote.voters, workspace.settings.gate
    return lambda votes, ballots: still_open(votes, ballots, panel, gate)
