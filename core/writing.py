"""Files that are written whole or not at all."""

import fcntl
import glob
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from core.errors import WorkspaceError


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn a failed write inside the block (full disk, missing rights) into a WorkspaceError that names ``what``."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WorkspaceError(
            f"could not write {what}: {_cause(error)}; free some space or check the folder's rights, "
            f"then run the command again (earlier tables are intact)"
        ) from error


def _cause(error: OSError | pl.exceptions.PolarsError) -> str:
    """What the operating system said. polars hides it in a sentence of its own: ``… (os error 28)``."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    code = re.search(r"os error (\d+)", str(error))
    return os.strerror(int(code[1])) if code else "the table could not be written as Parquet"


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that is fsynced and replaces it when the block ends well; else it is removed.

    Its name begins with a dot. One that a killed run left is removed when the same file is next written.
    """
    temporary: Path | None = None
    try:
        with writing(path.name):
            path.parent.mkdir(parents=True, exist_ok=True)
            for left in path.parent.glob(f"{glob.escape(_prefix(path))}*{glob.escape(path.suffix)}"):
                _remove_unless_written(left)
            temporary, lock = _temporary(path)
            try:
                yield temporary
                with temporary.open("rb") as stream:
                    os.fsync(stream.fileno())
                temporary.replace(path)
            finally:
                os.close(lock)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content in one step."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def _prefix(path: Path) -> str:
    return f".writing-{path.stem}-"


def _temporary(path: Path) -> tuple[Path, int]:
    """A new file to write to, and a handle that has it locked as long as its writer lives."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path), suffix=path.suffix)
        with suppress(OSError):  # where the disk knows no locks, nothing that is left can be told from what is written
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return Path(name), handle
        os.close(handle)  # another writer took it for left before it was locked


def _remove_unless_written(temporary: Path) -> None:
    """Remove a temporary file, unless the process that writes it lives."""
    with suppress(OSError), temporary.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        temporary.unlink()
