"""The working folder of one run: ``tables/.collecting-*``, so that nothing reaches ``messages/`` before all is read.

It holds pseudonyms and clean text only. It is removed when the run ends, however it ends; what a killed run left is
removed by the next, also by one that finds nothing new. One run at a time: a lock file, freed by the system when its
process dies, keeps a second away.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from collector.preparing import REJECTED_SCHEMA, Prepared
from core.errors import WorkspaceError
from core.writing import writing

_PREFIX = ".collecting-"
_LOCK = ".collecting.lock"


class Spool:
    """What was read in this run: for every chat and source the rows in source order, and the rejects.

    A source is known by its number in this run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[str, dict[int, list[Path]]] = {}
        self._rejected: list[Path] = []

    def add(self, source: int, prepared: Prepared) -> None:
        """Put away some rows and rejects of a source."""
        for (chat_id,), rows in prepared.rows.partition_by("chat_id", as_dict=True, maintain_order=True).items():
            parts = self._parts.setdefault(str(chat_id), {}).setdefault(source, [])
            parts.append(self._write(rows, f"{chat_id}-{source}-{len(parts)}"))
        self.reject(prepared.rejected)

    def reject(self, rejected: pl.DataFrame) -> None:
        """Put away some rejects: `REJECTED_SCHEMA`."""
        if rejected.height:
            self._rejected.append(self._write(rejected, f"rejected-{len(self._rejected)}"))

    def chats(self) -> list[str]:
        """chat_ids met in this run, sorted."""
        return sorted(self._parts)

    def sources(self, chat_id: str) -> list[list[Path]]:
        """The files of each source that has messages of the chat, in the order of the sources."""
        by_source = self._parts.get(chat_id, {})
        return [by_source[source] for source in sorted(by_source)]

    def rejected(self) -> pl.LazyFrame:
        """All rejects of this run: `REJECTED_SCHEMA`."""
        return pl.scan_parquet(self._rejected, glob=False) if self._rejected else pl.LazyFrame(schema=REJECTED_SCHEMA)

    def _write(self, frame: pl.DataFrame, name: str) -> Path:
        path = self.folder / f"{name}.parquet"
        with writing("the working files"):
            frame.write_parquet(path, compression="lz4")
        return path


@contextmanager
def spooling(tables: Path) -> Iterator[Spool]:
    """A spool in a new working folder. Raises WorkspaceError while another run is at work on the same workspace."""
    with _locked(tables / _LOCK):
        _clear_away_killed_runs(tables)
        with writing("the working files"):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=tables))
        try:
            yield Spool(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def clear_away_killed_runs(tables: Path) -> None:
    """Remove what a killed run left behind, for a run that has nothing to read. While another is at work, nothing."""
    if _left_behind(tables):
        with suppress(WorkspaceError), _locked(tables / _LOCK):
            _clear_away_killed_runs(tables)


def _clear_away_killed_runs(tables: Path) -> None:
    for path in _left_behind(tables):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _left_behind(tables: Path) -> list[Path]:
    """Working folders and half-written files of ``messages``: those of killed runs, and of one that is at work."""
    patterns = (f"{_PREFIX}*", "messages/.writing-*", ".writing-messages*")
    return [path for pattern in patterns for path in tables.glob(pattern)]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with writing(path.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("w")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkspaceError(
                "another `assay collect` is at work in this workspace; wait until it is done"
            ) from error
        yield
