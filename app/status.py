"""Where a workspace stands: every table with its rows and age, and what is stale and why."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine

import consensus.gating
import consensus.gold
import lexicon.drafts
import lexicon.matching
import segmenter.segmenting
from annotation.human.batches import list_batches
from app.votes_status import StageStatus, counted_rows, votes_status
from consensus.pooling import closed_items
from core.store import Recipe, count_by_reason
from core.workspace import Workspace

RecipeOf = Callable[[Workspace, Engine], Recipe]
STAGES: tuple[tuple[str, str, RecipeOf], ...] = (
    ("lexicon", "lexicon freeze", lambda _, engine: lexicon.drafts.recipe(engine)),
    ("matches", "lexicon match", lambda workspace, _: lexicon.matching.recipe(workspace)),
    ("segments", "segment", lambda workspace, _: segmenter.segmenting.recipe(workspace)),
    ("verdicts", "gate", lambda workspace, _: consensus.gating.recipe(workspace)),
    ("gold", "resolve", consensus.gold.recipe),
)
BEFORE_VOTES = ("lexicon", "matches", "segments")


@dataclass(frozen=True)
class BatchStatus:
    """One batch: done of total assignments, and κ per rating variable once it is closed."""

    name: str
    state: str
    items: int
    done: int
    total: int


@dataclass(frozen=True)
class Status:
    """A whole workspace. ``next_command``: the first thing to do."""

    workspace: str
    codebook: str
    stages: tuple[StageStatus, ...]
    batches: tuple[BatchStatus, ...]
    next_command: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def status(workspace: Workspace, engine: Engine) -> Status:
    """Look at every table, the votes and the batches of a workspace."""
    found = stages(workspace, engine)
    batches = tuple(
        BatchStatus(batch.name, batch.state, batch.n_items, batch.n_done, batch.n_total)
        for batch in list_batches(engine)
    )
    return Status(str(workspace.root), workspace.codebook.name, found, batches, _next_command(found, batches, engine))


def stages(workspace: Workspace, engine: Engine) -> tuple[StageStatus, ...]:
    """Every table of a workspace, in the order of the pipeline."""
    made = {table: _stage(workspace, engine, table, command, recipe) for table, command, recipe in STAGES}
    before, after = [made[table] for table in BEFORE_VOTES], [made["verdicts"], made["gold"]]
    return (_messages(workspace), *before, votes_status(workspace), *after)


def _messages(workspace: Workspace) -> StageStatus:
    store = workspace.store
    command = "collect PATH"
    if not store.exists("messages"):
        return StageStatus("messages", None, 0, None, "not made", (), command)
    manifest = store.manifest("messages")
    made = datetime.fromisoformat(manifest.written_at) if manifest else None
    rejects = store.rejected_path("messages")
    n_rejected = _n_messages([rejects]) if rejects.exists() else 0
    n_rows = _n_messages([store.path(part) for part in store.parts("messages")])
    return StageStatus("messages", n_rows, n_rejected, made, "fresh", (), command)


def _n_messages(paths: list[Path]) -> int:
    # Rows by the files' footers: there may be ten million.
    return counted_rows(paths, pl.len(), "messages", "delete it, then collect again every export that it came from")


def _stage(workspace: Workspace, engine: Engine, table: str, command: str, recipe: RecipeOf) -> StageStatus:
    store = workspace.store
    manifest = store.manifest(table)
    if manifest is None or not store.exists(table):
        return StageStatus(table, None, 0, None, "not made", (), command)
    why = tuple(store.stale(table, recipe(workspace, engine)))
    rejected = sum(count_by_reason(store.read_rejected(table)).values())
    written = datetime.fromisoformat(manifest.written_at)
    return StageStatus(table, manifest.rows, rejected, written, "stale" if why else "fresh", why, command)


def _next_command(stages: Sequence[StageStatus], batches: Sequence[BatchStatus], engine: Engine) -> str | None:
    """The command of the first stage that is missing or stale; people's work comes before gold."""
    unmade = next((stage for stage in stages if stage.state != "fresh"), None)
    if unmade is None:
        return "assay release new"
    segments = next((stage for stage in stages if stage.table == "segments"), None)
    if unmade.table in ("votes", "verdicts", "gold") and segments is not None and segments.rows == 0:
        return "assay lexicon stats, then assay segment: there are no segments yet"
    if unmade.table == "lexicon" and unmade.state == "not made":
        return "assay lexicon import FILE, then assay lexicon freeze"
    if unmade.table == "gold" and not closed_items(engine, development=False):
        is_open = any(batch.state == "open" for batch in batches)
        return "assay ui" if is_open else "assay user add NAME, then assay batch new"
    return f"assay {unmade.command}"


def age(made: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    if made is None:
        return "–"
    passed = max(now - made, timedelta(0))
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{passed.days} days"
