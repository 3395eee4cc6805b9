"""Where one stage needs another's work: a batch that closes needs the agreement of its raters."""

from sqlalchemy import Engine

from annotation.human.batch_reports import BatchSummary, ClosedBatch
from annotation.human.batches import close_batch, list_batches
from annotation.human.users import COMMAND_LINE
from consensus.measuring import agreement_json
from core.errors import WorkspaceError
from core.workspace import Workspace


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
