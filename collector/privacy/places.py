"""Where things lie in a workspace, and how each kind of file is read. ``secrets/`` is never entered."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from collector.privacy.reading_tables import database_texts, parquet_texts, sqlite_texts
from collector.privacy.reading_text import html_texts, json_line_texts, json_texts, plain_texts
from collector.privacy.texts import Text
from core.database import open_database
from core.errors import DataError
from core.progress import track
from core.workspace import Workspace

FILE_NAMES = "names of files"
WRITTEN_BY_THE_OWNER = frozenset({"assay.toml", "codebook.toml"})
"""At the root of a workspace: settings and codebook, which hold what their owner put there."""

Reader = Callable[[str, Path], Iterator[Text]]
_READERS: dict[str, Reader] = {
    ".json": json_texts,
    ".jsonl": json_line_texts,
    ".ndjson": json_line_texts,
    ".html": html_texts,
    ".htm": html_texts,
}
_SQLITE, _PARQUET = b"SQLite format 3\0", b"PAR1"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
_HEAD_BYTES = 8_192


class Walk:
    """One walk through a workspace. files: read so far; not_looked_into: names of those that could not be."""

    def __init__(self, workspace: Workspace) -> None:
        self.files = 0
        self.not_looked_into: list[str] = []
        self._workspace = workspace
        self._root = workspace.root

    def texts(self) -> Iterator[Text]:
        """Every text of the database and of every file, and every file's name."""
        yield from self._database_elsewhere()
        paths = sorted(self._paths())
        for path in track(paths, "looking at files", len(paths)):
            name = path.relative_to(self._root).as_posix()
            yield Text(FILE_NAMES, lambda name=name: name, name.replace("/", " / "))
            yield from self._file_texts(name, path)

    def _paths(self) -> Iterator[Path]:
        hidden = self._workspace.secrets.resolve()
        for folder, folders, names in os.walk(self._root):
            if Path(folder) == self._root:
                folders[:] = [name for name in folders if name != hidden.name]
                names = [name for name in names if name not in WRITTEN_BY_THE_OWNER]
            for name in names:
                path = Path(folder) / name
                # A link may lead into secrets/ all the same.
                if path.is_file() and hidden not in path.resolve().parents:
                    yield path

    def _file_texts(self, name: str, path: Path) -> Iterator[Text]:
        reader = _reader(path)
        if reader is None:
            if not name.endswith(_BESIDE_SQLITE):
                self.not_looked_into.append(name)
            return
        self.files += 1
        try:
            yield from reader(name, path)
        except (DataError, OSError):
            self.files -= 1
            self.not_looked_into.append(name)

    def _database_elsewhere(self) -> Iterator[Text]:
        """The database, when it is no file of the workspace (those are met on the way)."""
        url = self._workspace.database_url
        inside = url.startswith("sqlite:///") and Path(url.removeprefix("sqlite:///")).is_relative_to(
            self._root.resolve()
        )
        if not inside:
            engine = open_database(self._workspace)
            try:
                yield from database_texts("database", engine)
            finally:
                engine.dispose()


def _reader(path: Path) -> Reader | None:
    """How a file is read; None when it holds no text that can be."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return None
    if head.startswith(_SQLITE):
        return sqlite_texts
    if head.startswith(_PARQUET):
        return parquet_texts
    return None if b"\0" in head else _READERS.get(path.suffix.lower(), plain_texts)
