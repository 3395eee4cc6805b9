"""Ids as 64-bit hashes: an eighth of the memory that millions of ids take, to find out which are worth comparing.

Among ten million ids the odds that two have the same hash are three in a million. Nothing is decided by hashes alone
but numbers in reports and how much is ordered at once.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]


def hashed(ids: pl.Series) -> Hashes:
    """The hash of each id."""
    return ids.hash().to_numpy()


def are_among(hashes: Hashes, ordered: Hashes) -> npt.NDArray[np.bool_]:
    """For each hash whether it is one of others, which are sorted."""
    if not ordered.size:
        return np.zeros(hashes.size, np.bool_)
    return ordered[np.searchsorted(ordered, hashes).clip(max=ordered.size - 1)] == hashes
