"""Suspicious messages that the development set may draw, with their widest context and what they are spread over."""

from dataclasses import dataclass

import polars as pl

from core.contracts import empty
from core.errors import DataError
from core.table_contracts.development import LENGTHS
from segmenter.contexts import Positions
from segmenter.tuning.grid import Configuration
from segmenter.tuning.surroundings import Surroundings, surroundings


@dataclass(frozen=True)
class Candidates:
    """frame: message_id (key), chat_id, kind, categories, n_messages, length, as in the table ``development``.

    around: their chats; places: row by row the positions of the widest context there. n_alone: suspicious messages left
    out because even the widest context is shorter than a segment may be.
    """

    frame: pl.DataFrame
    around: Surroundings
    places: tuple[Positions, ...]
    n_alone: int


def candidates(
    messages: pl.DataFrame, matches: pl.DataFrame, reach: Configuration, *, expansion: str = "paper", min_messages: int
) -> Candidates:
    """Every suspicious message of the tables ``messages`` and ``matches``; reach: the widest configuration.

    Raises DataError when a match names a message that is absent.
    """
    strata = _strata(matches)
    around = surroundings(messages, strata["message_id"], expansion)
    if len(around.messages.seeds) < strata.height:
        raise DataError("the matches name messages that the table messages lacks; run: assay lexicon match")
    reached = around.contexts(reach)
    seeds = around.messages.table[around.messages.seeds].select("message_id", "chat_id")
    found = seeds.with_columns(n_messages=pl.Series([len(one) for one in reached], dtype=pl.Int64))
    kept = found.with_row_index("place").filter(pl.col("n_messages") >= min_messages)
    joined = kept.join(strata, on="message_id", how="left", maintain_order="left")
    frame = joined.with_columns(length=length_of(pl.col("n_messages"))).drop("place")
    return Candidates(frame, around, tuple(reached[place] for place in kept["place"]), found.height - kept.height)


def _strata(matches: pl.DataFrame) -> pl.DataFrame:
    """message_id, kind and categories of every suspicious message, by message_id."""
    kinds = pl.col("kind").cast(pl.String).unique()
    found = matches.group_by("message_id").agg(kinds, pl.col("category").unique().sort().alias("categories"))
    kind = pl.when(pl.col("kind").list.len() > 1).then(pl.lit("both")).otherwise(pl.col("kind").list.first())
    return found.with_columns(kind=kind.cast(empty("development").schema["kind"])).sort("message_id")


def length_of(n_messages: pl.Expr) -> pl.Expr:
    """The band of `LENGTHS` that a number of messages is in."""
    bands = pl.lit(LENGTHS[-1])
    for name in reversed(LENGTHS[:-1]):
        bands = pl.when(n_messages <= int(name.partition("-")[2])).then(pl.lit(name)).otherwise(bands)
    return bands.cast(pl.Enum(list(LENGTHS)))
