"""Every frozen version of the lexicon, kept with the rulings that made it and never written again."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe, Store
from core.workspace import Workspace

ENTRIES, RULINGS = "lexicon_versions", "lexicon_rulings"
_SAME = ["kind", "category", "note"]


@dataclass(frozen=True)
class Version:
    """A version of the lexicon. added, removed, changed: entries against the version before it; rejected: candidates
    that its reviews rejected."""

    version: int
    frozen_at: datetime
    entries: int
    explicit: int
    implicit: int
    added: int
    removed: int
    changed: int
    rejected: int

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "frozen_at": self.frozen_at.isoformat()}


def keep_version(store: Store, entries: pl.DataFrame, rulings: pl.DataFrame, recipe: Recipe) -> tuple[int, bool]:
    """The number of the version with these entries and rulings, and whether it is a new one.

    It is new unless the newest version was made of the same imported entries and rulings. entries: as the table
    ``lexicon``; rulings: as ``lexicon_rulings`` without ``version``.
    """
    newest = _newest(store)
    if newest and _is_made_of(store, newest, recipe):
        return newest, False
    number = newest + 1
    # A run killed between the two leaves rulings without entries: such a version does not count and is made again.
    for table, frame in ((RULINGS, rulings), (ENTRIES, entries)):
        numbered = frame.with_columns(version=pl.lit(number, pl.Int64))
        store.write(f"{table}/{number:04}", numbered.select(empty(table).columns), recipe)
    return number, True


def _newest(store: Store) -> int:
    """The number of the newest version; 0 before the first."""
    return max((int(part.rpartition("/")[2]) for part in store.parts(ENTRIES)), default=0)


def _is_made_of(store: Store, number: int, recipe: Recipe) -> bool:
    """Whether a version on disk is what the recipe's inputs make, whatever release of Assay made it."""
    part = f"{ENTRIES}/{number:04}"
    manifest = store.manifest(part)
    return (
        manifest is not None
        and dict(manifest.recipe.inputs) == dict(recipe.inputs)
        and manifest.sha256 == store.content_hash(part)
    )


def list_versions(workspace: Workspace) -> list[Version]:
    """Every version, oldest first. Raises WorkspaceError when the lexicon was never frozen."""
    found = list(_versions(workspace.store))
    if not found:
        raise WorkspaceError("the lexicon has no version yet; make one with: assay lexicon freeze")
    return found


def _versions(store: Store) -> Iterator[Version]:
    before = empty(ENTRIES)
    for part in store.parts(ENTRIES):
        number = part.rpartition("/")[2]
        entries, manifest = store.read(part), store.manifest(part)
        if manifest is None:
            continue
        rulings = store.read(f"{RULINGS}/{number}")
        explicit = entries.filter(pl.col("kind") == "explicit").height
        both = entries.join(before, on="entry_id", suffix="_before")
        same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in _SAME)
        yield Version(
            version=int(number),
            frozen_at=datetime.fromisoformat(manifest.written_at),
            entries=entries.height,
            explicit=explicit,
            implicit=entries.height - explicit,
            added=entries.height - both.height,
            removed=before.height - both.height,
            changed=both.filter(~same).height,
            rejected=rulings.filter(pl.col("decision") == "reject")["entry_id"].n_unique(),
        )
        before = entries
