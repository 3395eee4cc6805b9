"""Drawing for coverage: each item comes from where the fewest came from so far."""

from hashlib import sha256

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmenter.tuning.candidates import Candidates

_SINGLE = ("chat_id", "kind", "length")


def draw_for_coverage(found: Candidates, n: int, seed: int) -> list[int]:
    """Up to ``n`` rows of the candidates, in the order drawn; no message is in the widest contexts of two of them.

    The next item is the candidate whose chat, kind, length and least drawn category have been drawn least often so
    far, counts added up; ties fall by a hash of the seed and the message_id, so that the same seed draws the same items
    on every machine. Rare values are thereby drawn more often than they occur: the set covers, it does not represent.
    """
    order = _shuffled(found.frame["message_id"], seed)
    frame = found.frame[order]
    codes = [np.unique(frame[column].cast(pl.String).to_numpy(), return_inverse=True)[1] for column in _SINGLE]
    counts = [np.zeros(frame[column].n_unique()) for column in _SINGLE]
    held, drawn_categories = _categories(frame["categories"])
    free = np.ones(frame.height, dtype=bool)
    taken: set[int] = set()
    drawn: list[int] = []
    while len(drawn) < n and free.any():
        crowd = sum((count[code] for count, code in zip(counts, codes, strict=True)), np.zeros(frame.height))
        crowd += np.where(held, drawn_categories, np.inf).min(axis=1, initial=np.inf)
        row = _first_apart(np.argsort(crowd, kind="stable"), free, order, found, taken)
        if row is None:
            break
        for count, code in zip(counts, codes, strict=True):
            count[code[row]] += 1
        drawn_categories += held[row]
        drawn.append(order[row])
    return drawn


def _first_apart(
    by_crowd: NDArray[np.int64],
    free: NDArray[np.bool_],
    order: list[int],
    found: Candidates,
    taken: set[int],
) -> int | None:
    """The first free row whose context shares no message with those taken; it is taken. Those passed over are out."""
    for row in by_crowd[free[by_crowd]].tolist():
        free[row] = False
        context = set(found.places[order[row]].tolist())
        if taken.isdisjoint(context):
            taken |= context
            return row
    return None


def _categories(lists: pl.Series) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which row has which category (rows × categories), and a count of 0 for each."""
    known = {name: column for column, name in enumerate(sorted(set(lists.explode().drop_nulls())))}
    held = np.zeros((len(lists), len(known)), dtype=bool)
    for row, names in enumerate(lists.to_list()):
        held[row, [known[name] for name in names]] = True
    return held, np.zeros(len(known))


def _shuffled(message_ids: pl.Series, seed: int) -> list[int]:
    keys = [sha256(f"{seed}\n{message_id}".encode()).hexdigest() for message_id in message_ids.to_list()]
    return sorted(range(len(keys)), key=keys.__getitem__)
