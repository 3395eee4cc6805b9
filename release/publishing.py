"""Making a release: a folder of data and documentation, complete or absent."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine, select

from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Batch, Event
from core.store import file_sha256
from core.workspace import Workspace
from core.writing import atomic_folder
from release.four_tuples import four_tuples
from release.readme import write_readme
from release.staleness import StaleTable, blocking, refusal

TABLES = ("messages", "lexicon", "matches", "segments", "verdicts", "gold")


@dataclass(frozen=True)
class ReleaseReport:
    """A release: its folder, rows, and how many of them carry a gold label; the tables that were out of date."""

    name: str
    folder: Path
    rows: int
    gold: int
    simulated: bool
    stale: tuple[StaleTable, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"folder": str(self.folder)}


def new_release(
    workspace: Workspace,
    engine: Engine,
    name: str | None = None,
    *,
    allow_simulated: bool = False,
    stale: Sequence[StaleTable] = (),
    allow_stale: bool = False,
) -> ReleaseReport:
    """Write ``releases/NAME`` with data.parquet, data.jsonl, codebook.toml, README.md and SHA256SUMS.

    ``stale``: the tables that are out of date, which ``app`` knows of. Raises DataError for those that block unless
    ``allow_stale``, and for labels of simulated annotators unless ``allow_simulated``; README, report and event then
    say so. Never replaces a release: WorkspaceError.
    """
    chosen = _name(workspace, name)
    simulated = _simulated(workspace)
    if simulated and not allow_simulated:
        raise DataError(
            f"the gold labels come from simulated annotators ({', '.join(simulated)}), so they are not released; "
            "for a trial release that says so, add --allow-simulated"
        )
    if (out_of_date := blocking(stale)) and not allow_stale:
        raise DataError(refusal(out_of_date))
    rows = four_tuples(workspace)
    if rows.is_empty():
        raise DataError("no segment has a label yet; run: assay gate, or annotate a batch and run: assay resolve")
    folder = workspace.releases / chosen
    report = ReleaseReport(chosen, folder, rows.height, _gold_rows(rows), bool(simulated), tuple(stale))
    _write_folder(workspace, engine, report, rows)
    with transaction(engine) as session:
        detail = {"rows": report.rows, "gold": report.gold, "simulated": report.simulated}
        detail["stale"] = {one.table: list(one.why) for one in report.stale}
        session.add(Event(at=workspace.clock(), actor="cli", action="released", subject=chosen, detail=detail))
    return report


def _name(workspace: Workspace, name: str | None) -> str:
    existing = {path.name for path in workspace.releases.glob("*") if path.is_dir()}
    chosen = name or next(f"v{n}" for n in range(1, len(existing) + 2) if f"v{n}" not in existing)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", chosen):
        raise DataError(f"a release name is made of letters, digits, dots, dashes and underscores; it is {chosen!r}")
    if chosen in existing:
        raise WorkspaceError(f"release {chosen!r} exists already and is never replaced; choose another --name")
    return chosen


def _simulated(workspace: Workspace) -> list[str]:
    """Names of the simulated annotators behind the gold table."""
    manifest = workspace.store.manifest("gold")
    return list(manifest.recipe.settings.get("simulated_raters", ())) if manifest else []


def _gold_rows(rows: pl.DataFrame) -> int:
    sources = [column for column in rows.columns if column.endswith("__source")]
    return rows.filter(pl.any_horizontal(pl.col(column) != "silver" for column in sources)).height


def _write_folder(workspace: Workspace, engine: Engine, report: ReleaseReport, rows: pl.DataFrame) -> None:
    with atomic_folder(report.folder, f"the release {report.name}") as temporary:
        rows.write_parquet(temporary / "data.parquet")
        rows.write_ndjson(temporary / "data.jsonl")
        shutil.copyfile(workspace.root / "codebook.toml", temporary / "codebook.toml")
        text = write_readme(
            report.name,
            rows,
            workspace.codebook,
            workspace.settings.release,
            [manifest for table in TABLES if (manifest := workspace.store.manifest(table))],
            _agreement(engine),
            report.simulated,
            report.stale,
        )
        (temporary / "README.md").write_text(text, encoding="utf-8")
        sums = [f"{file_sha256(path)}  {path.name}" for path in sorted(temporary.iterdir())]
        (temporary / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="ascii")


def _agreement(engine: Engine) -> dict[str, dict[str, object]]:
    """Closed batch → rating variable → Fleiss' κ, as stored when the batch was closed."""
    with transaction(engine) as session:
        batches = session.scalars(select(Batch).where(Batch.agreement.is_not(None)).order_by(Batch.id)).all()
        stored = {batch.name: (batch.agreement or {}).get("variables", {}) for batch in batches}
    return {
        name: {variable: entry["fleiss_kappa"] for variable, entry in variables.items()}
        for name, variables in stored.items()
    }
