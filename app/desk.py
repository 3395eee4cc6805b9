"""What the pages work on: one workspace, its database, and its segments ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from core.database import open_database
from core.display import Display, aliases, displays
from core.errors import DataError
from core.store import Store
from core.workspace import Workspace, open_workspace

WORKSPACE_VARIABLE = "ASSAY_WORKSPACE"
_SHOWN = ("segments", "development", "messages", "matches")


@dataclass(frozen=True)
class Corpus:
    """The tables that a segment is shown from, read once. names: user_id → alias, numbered over the whole corpus.

    segments: the table, and after it the items of the table ``development``, whose ids are others.
    """

    segments: pl.DataFrame
    messages: pl.DataFrame
    matches: pl.DataFrame
    names: Mapping[str, str]

    def display(self, segment_id: str) -> Display:
        """A segment as people read it. Raises DataError when the tables no longer hold it."""
        wanted = self.segments.filter(segment_id=segment_id)
        if wanted.is_empty():
            raise DataError(
                f"segment {segment_id} of this batch is not in the table of segments; they were made anew after the "
                "batch was drawn. Restore the earlier tables, or close the batch and draw a new one"
            )
        return displays(wanted, self.messages, self.matches, self.names)[segment_id]


@dataclass(frozen=True)
class Desk:
    """A workspace with its database open. Get one with `desk_at`."""

    workspace: Workspace

    @cached_property
    def engine(self) -> Engine:
        return open_database(self.workspace)

    @property
    def corpus(self) -> Corpus:
        """The tables as they are now: read again when a stage has written them anew."""
        store = self.workspace.store
        files = [store.path(part) for name in _SHOWN for part in (store.parts(name) if name == "messages" else [name])]
        written = tuple((path.name, path.stat().st_mtime_ns) for path in files if path.exists())
        return _corpus(self.workspace.root, written)


@lru_cache(maxsize=8)
def desk_at(root: Path) -> Desk:
    """The desk of the workspace at ``root``, the same one for every page and session of this process."""
    return Desk(open_workspace(root))


@lru_cache(maxsize=1)
def _corpus(root: Path, _written: tuple[tuple[str, int], ...]) -> Corpus:
    store = desk_at(root).workspace.store
    messages = store.read("messages", maker="collect")
    return Corpus(
        segments=_shown_segments(store),
        messages=messages,
        matches=store.read_or_empty("matches"),
        names=aliases(messages),
    )


def _shown_segments(store: Store) -> pl.DataFrame:
    """What people may be shown: segments, and items of the development set, which may be labelled before there are any.

    Raises WorkspaceError when there is neither.
    """
    development = store.read_or_empty("development")
    segments = store.read_or_empty("segments") if development.height else store.read("segments", maker="segment")
    return pl.concat([segments, development.select(segments.columns)])
