"""The table store: immutable Parquet, written whole, with a manifest that says what made it.

A table is written to a temporary name, fsynced and renamed, and only then its manifest; a crash in between leaves a
table whose manifest does not match and which the next run makes again. Rows that a stage drops go to
``NAME_rejected.parquet``.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from core import __version__
from core.clock import Clock, utc_now
from core.contracts import MANY_FILES, check, empty
from core.errors import DataError, WorkspaceError
from core.writing import atomic_path, write_atomically, writing


@dataclass(frozen=True)
class Recipe:
    """What a table is made of. Two equal recipes make the same table.

    inputs: table or file name → SHA-256; settings: what the stage read of assay.toml; codebook: its hash, if used.
    """

    inputs: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    codebook: str | None = None
    version: str = __version__


@dataclass(frozen=True)
class Manifest:
    """What made a table and what it holds; kept as ``NAME.manifest.json``."""

    table: str
    recipe: Recipe
    sha256: str
    rows: int
    rejected: Mapping[str, int]
    written_at: str


def digest(value: object) -> str:
    """SHA-256 of a JSON-able value, keys sorted."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Store:
    """The ``tables/`` folder of a workspace."""

    def __init__(self, folder: Path, clock: Clock = utc_now) -> None:
        self.folder = folder
        self.clock = clock

    def path(self, name: str) -> Path:
        """Where a table (``segments``) or a part of one (``votes/nb``) lies."""
        return self.folder / f"{name}.parquet"

    def rejected_path(self, name: str) -> Path:
        """Where the rejects of a table lie; those of a part not among the parts, which they are none of."""
        table, slash, part = name.partition("/")
        return self.path(f"{table}_rejected{slash}{part}")

    def parts(self, table: str) -> list[str]:
        """The parts of a many-file table, sorted: ``messages/CHAT``, ``votes/VOTER``; none that a killed run left."""
        return sorted(f"{table}/{path.stem}" for path in (self.folder / table).glob("[!.]*.parquet"))

    def exists(self, name: str) -> bool:
        return bool(self.parts(name)) if name in MANY_FILES else self.path(name).exists()

    def read(self, name: str, *, maker: str = "", columns: Sequence[str] = (), sha256: str = "") -> pl.DataFrame:
        """A table, checked against its contract; all parts of a many-file table, in the order of their names.

        ``maker`` is the command that makes the table, named in the error when it is absent. ``columns``: only these;
        with the file's ``sha256`` no others are read where it is the file that `write` checked and wrote.
        """
        if name in MANY_FILES and self.exists(name):
            return pl.concat([self.read(part, columns=columns) for part in self.parts(name)])
        if self.exists(name):
            if columns and sha256 and self._as_checked(name, sha256):
                return self._read_parquet(self.path(name), columns)
            return check(name, self._read_parquet(self.path(name))).select(columns or pl.all())
        hint = f"make it with: assay {maker}" if maker else "run the stage that makes it first"
        raise WorkspaceError(f"there is no table {name!r} in this workspace yet; {hint}")

    def portions(self, table: str, rows: int, *, maker: str = "") -> Iterator[pl.DataFrame]:
        """A many-file table as frames of whole parts, in the order of their names, so that not all is in memory.

        A frame ends with the part that brings it to ``rows``. Each is checked against the contract as one, so the key
        must hold across parts, as that of ``messages`` does. ``maker`` as in `read`.
        """
        if not self.parts(table):
            self.read(table, maker=maker)  # says what to run
        return self._portions(table, rows)

    def _portions(self, table: str, rows: int) -> Iterator[pl.DataFrame]:
        frames: list[pl.DataFrame] = []
        wanted, n_rows = empty(table).schema, 0
        for part in self.parts(table):
            frame = self._read_parquet(self.path(part))
            # Where columns differ, the check of the single part says what is wrong with it.
            frames.append(frame if frame.schema == wanted else check(table, frame))
            n_rows += frame.height
            if n_rows >= rows:
                yield check(table, pl.concat(frames))
                frames, n_rows = [], 0
        if frames:
            yield check(table, pl.concat(frames))

    def read_or_empty(self, name: str) -> pl.DataFrame:
        return self.read(name) if self.exists(name) else empty(name)

    def read_rejected(self, name: str) -> pl.DataFrame | None:
        """The rows that the stage dropped, with their ``reason``; None when it dropped none."""
        path = self.rejected_path(name)
        return self._read_parquet(path) if path.exists() else None

    def _as_checked(self, name: str, sha256: str) -> bool:
        """Whether a file is the one that this version wrote, and so checked against this version's contract."""
        manifest = self.manifest(name)
        return manifest is not None and manifest.sha256 == sha256 and manifest.recipe.version == __version__

    @staticmethod
    def _read_parquet(path: Path, columns: Sequence[str] = ()) -> pl.DataFrame:
        try:
            return pl.read_parquet(path, columns=list(columns) or None, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(
                f"{path.name} is not a readable Parquet file; delete it and its manifest and run its stage again"
            ) from error

    def write(self, name: str, frame: pl.DataFrame, recipe: Recipe, rejected: pl.DataFrame | None = None) -> Manifest:
        """Write a table whole, with its rejects (a frame with a ``reason`` column) and its manifest."""
        checked = check(name, frame)
        self.write_rejected(name, rejected)
        self._write_parquet(self.path(name), checked)
        return self.write_manifest(name, recipe, checked.height, count_by_reason(rejected))

    def write_rejected(self, name: str, rejected: pl.DataFrame | None) -> None:
        """Replace the rejects of a table; none and an empty frame leave no file."""
        if rejected is not None and rejected.height:
            self._write_parquet(self.rejected_path(name), rejected)
        else:
            with writing(self.rejected_path(name).name):
                self.rejected_path(name).unlink(missing_ok=True)

    def write_manifest(self, name: str, recipe: Recipe, rows: int, rejected: Mapping[str, int]) -> Manifest:
        """Write the manifest of the table as it now lies on disk; of a many-file table, one for all its parts.

        rows: rows of the table; rejected: reason → rows of its rejects.
        """
        manifest = Manifest(
            table=name,
            recipe=recipe,
            sha256=self.content_hash(name),
            rows=rows,
            rejected=rejected,
            written_at=self.clock().isoformat(),
        )
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, default=str)
        write_atomically(self._manifest_path(name), text.encode())
        return manifest

    def adopt(self, name: str, finished: Path) -> None:
        """Move a finished Parquet file, checked by whoever wrote it, to the place of a table or part."""
        path = self.path(name)
        with writing(path.name):
            path.parent.mkdir(parents=True, exist_ok=True)
            finished.chmod(0o600)  # as every file that `atomic_path` makes
            with finished.open("rb") as stream:
                os.fsync(stream.fileno())
            finished.replace(path)

    def content_hash(self, name: str) -> str:
        """SHA-256 of a table's file; of a many-file table, over the hashes of its parts."""
        return digest(self.hashes(name)) if name in MANY_FILES else file_sha256(self.path(name))

    def _write_parquet(self, path: Path, frame: pl.DataFrame) -> None:
        with atomic_path(path) as temporary:
            frame.write_parquet(temporary)

    def _manifest_path(self, name: str) -> Path:
        return self.folder / f"{name}.manifest.json"

    def manifest(self, name: str) -> Manifest | None:
        """The manifest of a table; None when there is none or it cannot be read (then the table is made again)."""
        try:
            raw = json.loads(self._manifest_path(name).read_text(encoding="utf-8"))
            return Manifest(**{**raw, "recipe": Recipe(**raw["recipe"])})
        except (FileNotFoundError, json.JSONDecodeError, TypeError, KeyError):
            return None

    def unchanged(self, name: str, recipe: Recipe) -> bool:
        """Whether the table on disk is what this recipe makes."""
        manifest = self.manifest(name)
        return (
            manifest is not None
            and self.exists(name)
            and digest(asdict(manifest.recipe)) == digest(asdict(recipe))
            and self.content_hash(name) == manifest.sha256
        )

    def stale(self, name: str, recipe: Recipe) -> list[str]:
        """What changed since the table was made, in words; empty when it is what the recipe makes."""
        manifest = self.manifest(name)
        if manifest is None:
            return ["never finished"]
        then, now = manifest.recipe, recipe
        reasons = [f"{part} changed" for part in _differences(then.inputs, now.inputs)]
        reasons += [f"setting {part} changed" for part in _differences(then.settings, now.settings)]
        reasons += ["codebook changed"] if then.codebook != now.codebook else []
        reasons += [f"made by version {then.version}"] if then.version != now.version else []
        return reasons or ([] if self.unchanged(name, recipe) else ["the file was altered"])

    def hashes(self, *tables: str) -> dict[str, str]:
        """Name → SHA-256 of the tables' files, for a recipe's inputs; absent tables are left out."""
        parts = (self.parts(table) if table in MANY_FILES else [table] for table in tables)
        names = [name for several in parts for name in several if self.path(name).exists()]
        with ThreadPoolExecutor() as pool:
            return dict(zip(names, pool.map(file_sha256, map(self.path, names)), strict=True))


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Keys whose values differ; the parts of a many-file table are told as one."""
    keys = sorted(then.keys() | now.keys())
    changed = [key.partition("/")[0] for key in keys if digest(then.get(key)) != digest(now.get(key))]
    return list(dict.fromkeys(changed))


def count_by_reason(rejected: pl.DataFrame | None) -> dict[str, int]:
    """Reason → rows of a frame of rejects, most frequent first."""
    if rejected is None or rejected.is_empty():
        return {}
    counts = rejected.group_by("reason").len().sort(["len", "reason"], descending=[True, False])
    return {str(reason): int(n) for reason, n in counts.iter_rows()}
