"""Whether a term is more frequent near known signal words than elsewhere: the log-likelihood ratio, signed.

Dunning (1993), *Accurate Methods for the Statistics of Surprise and Coincidence*, Computational Linguistics 19(1).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.proposals.known import near

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def log_likelihood(near_count: int, rest_count: int, near_size: int, rest_size: int) -> float | None:
    """G² = 2 Σ observed · ln(observed / expected) over the four cells, negative when the term is rarer near signals.

    near_count, rest_count: occurrences in either part; near_size, rest_size: characters of either part; cells are
    characters where an occurrence begins and characters where none does. None when a part is empty; 0 for a term that
    does not occur.
    """
    if not near_size or not rest_size:
        return None
    cells = ((near_count, near_size - near_count), (rest_count, rest_size - rest_count))
    total, columns = near_size + rest_size, [sum(column) for column in zip(*cells, strict=True)]
    parts = (
        cell * np.log(cell * total / (row * column))
        for row, pair in zip((near_size, rest_size), cells, strict=True)
        for column, cell in zip(columns, pair, strict=True)
        if cell
    )
    sign = 1 if near_count * rest_size >= rest_count * near_size else -1
    return sign * max(2 * float(sum(parts)), 0.0)


def keyness(
    occurrences: pl.DataFrame, signals: pl.DataFrame, chats: Integers, lengths: Integers, distance: int
) -> dict[str, float | None]:
    """Term → `log_likelihood` of its occurrences in messages near known signal words against all others.

    occurrences, signals: term, row, start, end of candidates and of known signal words. chats, lengths: of each message
    the number of its chat and its characters. A message is near when one with a signal word stands at most
    ``distance`` places from it; for a term that holds signal words itself, messages in which it holds all of them do
    not count as messages with one. Empty when no signal word occurs; None where every message is near.
    """
    if signals.is_empty():
        return {}
    marked = np.zeros(len(chats), np.bool_)
    marked[signals["row"].to_numpy()] = True
    usual = near(chats, marked, distance)
    own = _only_within(occurrences, signals)
    found: dict[str, float | None] = {}
    for (term,), places in occurrences.group_by("term", maintain_order=True):
        rows, close = places["row"].to_numpy(), usual
        if str(term) in own:
            others = marked.copy()
            others[own[str(term)]] = False
            close = near(chats, others, distance)
        count, size = int(close[rows].sum()), int(lengths[close].sum())
        found[str(term)] = log_likelihood(count, len(rows) - count, size, int(lengths.sum()) - size)
    return found


def _only_within(occurrences: pl.DataFrame, signals: pl.DataFrame) -> dict[str, Integers]:
    """Term → the messages in which every match of a signal word lies within an occurrence of the term."""
    known = signals.unique().with_row_index("match").select("match", "row", since="start", until="end")
    all_of = known.group_by("row").agg(n=pl.len())
    within = (
        occurrences.join(known, on="row")
        .filter((pl.col("start") <= pl.col("since")) & (pl.col("until") <= pl.col("end")))
        .group_by("term", "row")
        .agg(held=pl.col("match").n_unique())
        .join(all_of, on="row")
        .filter(pl.col("held") == pl.col("n"))
        .sort("term", "row")
    )
    return {str(term): rows["row"].to_numpy() for (term,), rows in within.group_by("term", maintain_order=True)}
