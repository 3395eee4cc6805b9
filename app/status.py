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
from annotation.silver.voting import vote_recipe
from consensus.pooling import closed_items
from core.errors import DataError
from core.full_share import ECONOMY
from core.store import Recipe, Store, count_by_reason
from core.workspace import Workspace, with_options

RecipeOf = Callable[[Workspace, Engine], Recipe]
STAGES: tuple[tuple[str, str, RecipeOf], ...] = (
    ("lexicon", "lexicon freeze", lambda _, engine: lexicon.drafts.recipe(engine)),
    ("matches", "lexicon match", lambda workspace, _: lexicon.matching.recipe(workspace)),
    ("segments", "segment", lambda workspace, _: segmenter.segmenting.recipe(workspace)),
    ("verdicts", "gate", lambda workspace, _: consensus.gating.recipe(workspace)),
    ("gold", "resolve", consensus.gold.recipe),
)


@dataclass(frozen=True)
class StageStatus:
    """One table. state: fresh, stale or not made; why: what changed; command: what makes it (again)."""

    table: str
    rows: int | None
    rejected: int
    made: datetime | None
    state: str
    why: tuple[str, ...]
    command: str


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
    made = {table: _stage(workspace, engine, table, command, recipe) for table, command, recipe in STAGES}
    stages = (
        _messages(workspace), made["lexicon"], made["matches"], made["segments"], _votes(workspace), made["verdicts"],
        made["gold"],
    )  # fmt: skip
    batches = tuple(
        BatchStatus(batch.name, batch.state, batch.n_items, batch.n_done, batch.n_total)
        for batch in list_batches(engine)
    )
    return Status(str(workspace.root), workspace.codebook.name, stages, batches, _next_command(stages, batches, engine))


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
    return _counted(paths, pl.len(), "messages", "delete it, then collect again every export that it came from")


def _counted(paths: list[Path], number: pl.Expr, table: str, advice: str) -> int:
    """A number from Parquet files of a table. Raises DataError for a broken file."""
    try:
        return int(pl.scan_parquet(paths, glob=False).select(number).collect().item())
    except (OSError, pl.exceptions.PolarsError) as error:
        if len(paths) > 1:
            return sum(_counted([path], number, table, advice) for path in paths)  # to say which
        broken = f"{paths[0].parent.name}/{paths[0].name}"
        raise DataError(f"{broken} is not a readable Parquet file of the table {table!r}; {advice}") from error


def _stage(workspace: Workspace, engine: Engine, table: str, command: str, recipe: RecipeOf) -> StageStatus:
    store = workspace.store
    manifest = store.manifest(table)
    if manifest is None or not store.exists(table):
        return StageStatus(table, None, 0, None, "not made", (), command)
    why = tuple(store.stale(table, recipe(workspace, engine)))
    rejected = sum(count_by_reason(store.read_rejected(table)).values())
    written = datetime.fromisoformat(manifest.written_at)
    return StageStatus(table, manifest.rows, rejected, written, "stale" if why else "fresh", why, command)


def _votes(workspace: Workspace) -> StageStatus:
    """All voters of the panel as one stage: stale as soon as one of them is, or has votes that failed."""
    store, panel = workspace.store, workspace.settings.vote.voters
    manifests = {voter.name: store.manifest(f"votes/{voter.name}") for voter in panel}
    done = [manifest for manifest in manifests.values() if manifest is not None]
    if not done:
        return StageStatus("votes", None, 0, None, "not made", (), "vote")
    absent = len(panel) - len(done)
    why = [f"{absent} of {len(panel)} voters have not voted"] if absent else []
    # Votes that were saved by the option --economy are not stale for that: to ask for the rest is a choice.
    saved = any(ECONOMY in manifest.recipe.settings for manifest in done)
    as_voted = with_options(workspace, "vote", {"economy": saved})
    for voter in panel:
        if manifests[voter.name] is not None:
            why += store.stale(f"votes/{voter.name}", vote_recipe(as_voted, voter))
    if n_failed := _n_failed(store, [name for name, manifest in manifests.items() if manifest is not None]):
        why.append(f"{n_failed:,} votes failed")
    written = max(datetime.fromisoformat(manifest.written_at) for manifest in done)
    rows = sum(manifest.rows for manifest in done)
    reasons = tuple(dict.fromkeys(why))
    return StageStatus("votes", rows, 0, written, "stale" if reasons else "fresh", reasons, "vote")


def _n_failed(store: Store, voters: Sequence[str]) -> int:
    """Votes of these voters that never came; the next `assay vote` asks again."""
    paths = [path for voter in voters if (path := store.path(f"votes/{voter}")).exists()]
    failed = (pl.col("status").cast(pl.String) == "failed").sum()
    return _counted(paths, failed, "votes", "delete it, then: assay vote") if paths else 0


def _next_command(stages: Sequence[StageStatus], batches: Sequence[BatchStatus], engine: Engine) -> str | None:
    """The command of the first stage that is missing or stale; people's work comes before gold."""
    unmade = next((stage for stage in stages if stage.state != "fresh"), None)
    if unmade is None:
        return "assay release new"
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
