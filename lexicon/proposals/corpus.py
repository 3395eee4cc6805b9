"""What the sources of proposals look at: the messages, the known signal words in them, and what is near those."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Engine

from core.setting_tables.lexicon import ProposeSettings
from core.workspace import Workspace
from lexicon.proposals.known import Known, chat_numbers, match_settings, near, occurrences, some_signals
from lexicon.proposals.units import Units, units_of
from lexicon.proposals.vocabulary import Vocabulary, vocabulary


@dataclass(frozen=True)
class Corpus:
    """Messages (message_id, chat_id, content, in chat order) and known signal words. Parts are made when asked for.

    matching: options of `find_matches`. simplified: whether the messages were converted to Simplified Chinese.
    """

    messages: pl.DataFrame
    known: Known
    settings: ProposeSettings
    matching: dict[str, bool]
    simplified: bool = True

    @cached_property
    def units(self) -> Units:
        return units_of(self.messages["content"])

    @cached_property
    def signals(self) -> pl.DataFrame:
        """Matches of known signal words: term, row, start, end."""
        return occurrences(self.messages, self.known.entries, **self.matching)

    @cached_property
    def spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First unit of each match of a signal word, and one past its last."""
        rows, starts, ends = (self.signals[name].to_numpy() for name in ("row", "start", "end"))
        return self.units.inside(rows, starts, ends)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Terms that could be words, known signal words cut out of the text."""
        return vocabulary(self.units, self.units.masked(*self.spans), self.settings.min_messages)

    @cached_property
    def near(self) -> NDArray[np.bool_]:
        """For every message whether it is near a known signal word."""
        signals = np.zeros(self.messages.height, bool)
        signals[self.signals["row"].to_numpy()] = True
        return near(chat_numbers(self.messages), signals, self.settings.near)

    def quote(self, row: int, start: int, end: int) -> tuple[str, str]:
        """message_id of a message, and these characters of it."""
        message_id, content = self.messages.row(row)[0], self.messages["content"][row]
        return str(message_id), content[start:end]


def corpus_of(workspace: Workspace, engine: Engine) -> Corpus:
    """The corpus of a workspace. Raises WorkspaceError when there are no messages or no known signal words."""
    messages = workspace.store.read("messages", maker="collect PATH").select("message_id", "chat_id", "content")
    settings = workspace.settings
    return Corpus(
        messages=messages,
        known=some_signals(workspace, engine),
        settings=settings.lexicon.propose,
        matching=match_settings(workspace),
        simplified=settings.collect.simplify,
    )
