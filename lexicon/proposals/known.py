"""What is known already: the signal words, where they occur, and which messages are near them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Engine

from core.errors import WorkspaceError
from core.store import digest
from core.workspace import Workspace
from lexicon.drafts import drafts
from lexicon.matching import find_matches


@dataclass(frozen=True)
class Known:
    """Signal words. entries: the frozen lexicon, else the drafts: entry_id, term, kind, category, note.

    terms: of the frozen lexicon and of the drafts. inputs: hashes of both, for a recipe.
    """

    entries: pl.DataFrame
    terms: frozenset[str]
    inputs: dict[str, str]


def known_signals(workspace: Workspace, engine: Engine) -> Known:
    """The known signal words of a workspace; there may be none."""
    frozen, drafted = workspace.store.read_or_empty("lexicon"), drafts(engine)
    entries = (frozen if frozen.height else drafted).with_columns(pl.col("kind").cast(pl.String)).sort("term")
    inputs = {**workspace.store.hashes("lexicon"), "draft_entries": digest(drafted.rows())}
    return Known(entries, frozenset([*frozen["term"], *drafted["term"]]), inputs)


def some_signals(workspace: Workspace, engine: Engine) -> Known:
    """The known signal words. Raises WorkspaceError when there are none."""
    known = known_signals(workspace, engine)
    if known.entries.is_empty():
        raise WorkspaceError(
            "proposals start from known signal words and there are none, neither frozen nor drafted; "
            "run: assay lexicon import FILE"
        )
    return known


def match_settings(workspace: Workspace) -> dict[str, bool]:
    """What counts as a match in this workspace: options of `find_matches`."""
    return workspace.settings.lexicon.model_dump(include={"whole_words", "inserted_marks"})


def occurrences(
    messages: pl.DataFrame, entries: pl.DataFrame, *, whole_words: bool, inserted_marks: bool
) -> pl.DataFrame:
    """Matches of terms with the place of their message: term, row, start, end (offsets in content).

    messages: message_id, content. row: position in ``messages``, from 0.
    """
    rows = messages.select("message_id", row=pl.int_range(pl.len(), dtype=pl.Int64))
    contents = messages.select("message_id", "content")
    found = find_matches(contents, entries, whole_words=whole_words, inserted_marks=inserted_marks)
    return found.join(rows, on="message_id", how="left", maintain_order="left").select("term", "row", "start", "end")


def as_entries(terms: list[str]) -> pl.DataFrame:
    """Terms in the shape of entries, for `occurrences`: the term is its own entry_id, kind and category are null."""
    blank = pl.lit(None, pl.String)
    return pl.DataFrame({"entry_id": terms, "term": terms}, schema_overrides={"entry_id": pl.String}).with_columns(
        pl.col("term").cast(pl.String), kind=blank, category=blank
    )


def near(chats: NDArray[np.int64], signals: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    """For every message whether a message with a signal stands at most ``distance`` places before or after it.

    chats: a number for each message's chat, the messages of a chat together and in order. signals: whether the message
    holds a signal; such a message is near itself.
    """
    place = np.arange(len(chats))
    before = np.maximum.accumulate(np.where(signals, place, -1))
    after = np.minimum.accumulate(np.where(signals, place, len(chats))[::-1])[::-1]
    one, other = np.maximum(before, 0), np.minimum(after, len(chats) - 1)
    behind = (before >= 0) & (place - before <= distance) & (chats[one] == chats)
    ahead = (after < len(chats)) & (after - place <= distance) & (chats[other] == chats)
    return behind | ahead


def chat_numbers(messages: pl.DataFrame) -> NDArray[np.int64]:
    """A number for each message's chat."""
    return messages["chat_id"].rank("dense").cast(pl.Int64).to_numpy()
