"""Votes cast since a voter's table was last written: one JSON line a vote, so that a killed run loses nothing."""

import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from annotation.silver.ballots import Vote
from core.errors import WorkspaceError

SYNC_EVERY = 1.0
"""Seconds between two fsyncs: what a power cut can cost. A kill costs nothing: every vote is handed to the system."""


class Journal:
    """An append-only file that one process at a time may hold. Failed votes are not kept: they are asked for again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.synced_at = 0.0

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.stream: BinaryIO = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            _hold(self.stream, self.path)
        except WorkspaceError:
            self.stream.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()

    def read(self) -> list[Vote]:
        """The votes kept so far. A last line that a kill cut off is removed; a line that makes no sense is skipped."""
        self.stream.seek(0)
        data = self.stream.read()
        data = data[: data.rfind(b"\n") + 1]
        self.stream.truncate(len(data))
        return [vote for line in data.split(b"\n") if (vote := _vote(line)) is not None]

    def append(self, votes: Iterable[Vote]) -> None:
        lines = [json.dumps(vars(vote)) + "\n" for vote in votes if vote.status != "failed"]
        try:
            self.stream.write("".join(lines).encode())
            if time.monotonic() - self.synced_at > SYNC_EVERY:
                os.fsync(self.stream.fileno())
                self.synced_at = time.monotonic()
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def discard(self) -> None:
        """The votes are in the table now."""
        self.path.unlink(missing_ok=True)


def _vote(line: bytes) -> Vote | None:
    try:
        return Vote(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _hold(stream: BinaryIO, path: Path) -> None:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkspaceError(
                f"another assay vote is casting the votes of {path.stem!r} in this workspace; wait for it or stop it"
            ) from error


def _unwritable(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"could not write {path.name}: {error.strerror or error}; free some space or check the folder's rights, "
        f"then run assay vote again (it goes on where it stopped)"
    )
