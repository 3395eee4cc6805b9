"""Messages in question with the chats around them, ready to be expanded by any configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from segmenter.chat_order import InOrder, in_chat_order
from segmenter.contexts import Positions
from segmenter.expansion import Expansion
from segmenter.expansions import ASK_FOR_MENTIONS, contexts_of
from segmenter.tuning.grid import Configuration


@dataclass(frozen=True)
class Surroundings:
    """The chats that hold the messages in question. A position is a row of ``messages.table``.

    messages: those chats in order; its seeds are the messages in question. expansion: how context grows.
    """

    messages: InOrder
    expansion: str

    @property
    def seeds(self) -> list[str]:
        """The messages in question, in the order of `contexts`."""
        return self.ids_at(self.messages.seeds)

    def contexts(self, configuration: Configuration) -> list[Positions]:
        """The positions of each message's own context, unmerged."""
        parameters = Expansion(
            max_gap=configuration.max_gap,
            max_size=configuration.max_size,
            max_span=configuration.max_span,
            expansion=self.expansion,
        )
        return contexts_of(self.messages.chats, self.messages.seeds, parameters).arrays()

    def ids_at(self, positions: Sequence[int] | Positions) -> list[str]:
        """The message_ids at these positions."""
        return self.messages.table["message_id"].gather(np.asarray(positions, dtype=np.int64)).to_list()


def surroundings(messages: pl.DataFrame, seeds: pl.Series, expansion: str) -> Surroundings:
    """The chats of the table ``messages`` that hold the seeds (message_ids). Seeds that are in no chat are left out."""
    wanted = seeds.unique().alias("message_id").to_frame()
    holding = messages.join(wanted, on="message_id", how="semi").select("chat_id").unique()
    around = messages.join(holding, on="chat_id", how="semi", maintain_order="left")
    return Surroundings(in_chat_order(around, wanted, mentions=expansion in ASK_FOR_MENTIONS), expansion)
