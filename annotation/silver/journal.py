"""Votes cast since a voter's table was last written: one JSON line a vote, so that a killed run loses nothing."""

import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

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
        while True:
            self.stream = self._held()
            if _is_at(self.path, self.stream):
                return self
            self.stream.close()  # Whoever held it before has discarded it since it was opened.

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()

    def _held(self) -> FileIO:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stream = FileIO(self.path, "a+")
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            _hold(stream, self.path)
        except BaseException:
            stream.close()
            raise
        return stream

    def read(self) -> list[Vote]:
        """The votes kept so far. A last line that a kill cut off is removed; a line that makes no sense is skipped."""
        self.stream.seek(0)
        data = self.stream.read()
        data = data[: data.rfind(b"\n") + 1]
        self.stream.truncate(len(data))
        return [vote for line in data.split(b"\n") if (vote := _vote(line)) is not None]

    def append(self, votes: Iterable[Vote]) -> None:
        """Keep them all, or none. Raises WorkspaceError when they cannot be written."""
        lines = [json.dumps(vars(vote)) + "\n" for vote in votes if vote.status != "failed"]
        end = self.stream.seek(0, os.SEEK_END)
        try:
            left = memoryview("".join(lines).encode())
            while left:  # A disk that is nearly full takes a part.
                left = left[self.stream.write(left) or 0 :]
            if time.monotonic() - self.synced_at > SYNC_EVERY:
                os.fsync(self.stream.fileno())
                self.synced_at = time.monotonic()
        except OSError as error:
            with suppress(OSError):
                self.stream.truncate(end)
            raise _unwritable(self.path, error) from error

    def discard(self) -> None:
        """The votes are in the table now."""
        if sys.platform == "win32":  # where an open file cannot be removed
            self.stream.truncate(0)
        else:
            self.path.unlink(missing_ok=True)


def _vote(line: bytes) -> Vote | None:
    try:
        vote = Vote(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (vote.segment_id, vote.voter, vote.variable, vote.model, vote.prompt_hash)
    numbers = (vote.probability, vote.seconds)
    is_one = (
        all(isinstance(text, str) for text in texts)
        and type(vote.label) is int
        and vote.status in ("ok", "unparsed", "refused")
        and (vote.label >= 0) == (vote.status == "ok")
        and (vote.rationale is None or isinstance(vote.rationale, str))
        and all(number is None or (type(number) in (int, float) and number >= 0) for number in numbers)
        and (vote.probability is None or vote.probability <= 1)
    )
    return vote if is_one else None


def _hold(stream: FileIO, path: Path) -> None:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkspaceError(
                f"another assay vote is casting the votes of {path.stem!r} in this workspace; wait for it or stop it"
            ) from error
        except OSError as error:
            raise WorkspaceError(
                f"could not lock {path.name}: {error.strerror or error}; the workspace must lie on a disk that can "
                f"lock files, which some network disks cannot"
            ) from error


def _is_at(path: Path, stream: FileIO) -> bool:
    """Whether the open file is still the one of this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"could not write {path.name}: {error.strerror or error}; free some space or check the folder's rights, "
        f"then run assay vote again (it goes on where it stopped)"
    )
