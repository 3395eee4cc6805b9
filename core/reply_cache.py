"""Replies of models on disk, so that nothing is asked twice."""

import json
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from core.chat import ChatReply, ChatRequest
from core.errors import WorkspaceError

PATIENCE = 60.0
"""Seconds to wait while another process writes."""


class ReplyCache:
    """Replies in one SQLite file of a folder, by the request's key: a panel's are millions, too many for a file each.

    A reply that cannot be read counts as absent. What was put in survives a kill; a power cut may cost the last ones.
    Used by one thread.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "replies.sqlite"
        self._opened: sqlite3.Connection | None = None

    def get(self, request: ChatRequest) -> ChatReply | None:
        """The reply that is kept. Raises WorkspaceError when the file is damaged."""
        if self._opened is None and not self.path.exists():
            return None
        with self._open() as replies:
            row = replies.execute("SELECT reply FROM replies WHERE key = ?", [request.key]).fetchone()
        try:
            return None if row is None else ChatReply(**json.loads(row[0]))
        except (ValueError, TypeError):
            return None

    def put(self, request: ChatRequest, reply: ChatReply) -> None:
        """Keep a reply. Raises WorkspaceError when it cannot be written."""
        text = json.dumps(asdict(reply), ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        with self._open() as replies:
            replies.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", [request.key, text])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._opened is None:
                self._opened = _connected(self.path)
                weakref.finalize(self, self._opened.close)
            yield self._opened
        except (sqlite3.Error, OSError) as error:
            raise WorkspaceError(
                f"the replies kept in {self.path.parent.name}/{self.path.name} cannot be used ({error}). Make sure "
                f"that the disk is not full and that you may write there; if the file is damaged, remove it, and "
                f"models are asked again for what they had answered"
            ) from error


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT) WITHOUT ROWID")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
