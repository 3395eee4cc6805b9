"""Files and folders that are written whole or not at all."""

import fcntl
import glob
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
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
    with _beside(path, path.name, _new_file) as temporary:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)


@contextmanager
def atomic_folder(folder: Path, what: str = "") -> Iterator[Path]:
    """A temporary folder that becomes ``folder``, which is absent or empty, when the block ends well; as `atomic_path`.

    what: its name in errors, if not the folder's own.
    """
    with _beside(folder, what or folder.name, _new_folder) as temporary:
        yield temporary
        temporary.replace(folder)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content in one step."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def _beside(path: Path, what: str, new: Callable[[Path, str], Path]) -> Iterator[Path]:
    """What ``new`` makes beside a path, which is removed when the block ends and it is still there."""
    prefix = f".writing-{path.stem}-"
    with writing(what):
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f"{glob.escape(prefix)}*{glob.escape(path.suffix)}"):
            _remove_unless_written(left)
        temporary, lock = _locked(path, prefix, new)
        try:
            yield temporary
        finally:
            _remove(temporary)
            os.close(lock)


def _new_file(path: Path, prefix: str) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=path.suffix)
    os.close(handle)
    return Path(name)


def _new_folder(path: Path, prefix: str) -> Path:
    return Path(tempfile.mkdtemp(dir=path.parent, prefix=prefix, suffix=path.suffix))


def _locked(path: Path, prefix: str, new: Callable[[Path, str], Path]) -> tuple[Path, int]:
    """Something new, and a handle that has it locked as long as its writer lives."""
    while True:
        temporary = new(path, prefix)
        with suppress(FileNotFoundError):  # another writer took it for left before it was locked
            handle = os.open(temporary, os.O_RDONLY)
            with suppress(OSError):  # where the disk knows no locks, nothing left can be told from what is written
                fcntl.flock(handle, fcntl.LOCK_EX)
            if temporary.exists():
                return temporary, handle
            os.close(handle)


def _remove_unless_written(temporary: Path) -> None:
    """Remove what is temporary, unless the process that writes it lives."""
    with suppress(OSError):
        handle = os.open(temporary, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(temporary)
        finally:
            os.close(handle)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        temporary.unlink(missing_ok=True)
