"""Krippendorff's α, nominal and ordinal, from the coincidence matrix."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from consensus.counts import rows_with_pairs
from consensus.intervals import Estimate, jackknife_interval
from core.errors import DataError, SettingsError

Level = Literal["nominal", "ordinal"]
Floats = NDArray[np.float64]


def krippendorff_alpha(counts: NDArray[np.int64], categories: Sequence[int], level: Level = "nominal") -> Estimate:
    """Krippendorff's α of an items × categories matrix of counts, with a 95 % jackknife interval over items.

    α = 1 − D_o/D_e. An item u with m_u ≥ 2 ratings adds (n_uc n_uk − [c=k] n_uc)/(m_u − 1) to the coincidence o_ck;
    other items are left out. With n_c = Σ_k o_ck and n = Σ n_c: D_o = Σ o_ck δ²_ck / n and
    D_e = Σ n_c n_k δ²_ck / (n(n−1)).

    Nominal: δ² is 1 between different categories. Ordinal: δ_ck = Σ_{g=c..k} n_g − (n_c + n_k)/2, the distance of the
    mean ranks of c and k. Ranks come from the categories observed, in ascending order of ``categories``, and from how
    often each was used: a category that nobody used changes nothing, and the size of the codes does not matter. An
    item that is left out for the jackknife takes its share of the ranks with it.

    Edge conventions: no item with two ratings, or a single category among the items used, leaves α undefined
    (value None, with a reason). One item gives a value without an interval.

    Sources: K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"; Krippendorff (2004), "Content
    Analysis", 2nd ed., ch. 11.
    """
    if level not in ("nominal", "ordinal"):
        raise SettingsError(f'wanted the level "nominal" or "ordinal" for Krippendorff\'s α; got {level!r}')
    used = rows_with_pairs(counts)
    if used.shape[1] != len(categories):
        raise DataError(f"wanted one category a column of counts ({used.shape[1]}); got {len(categories)}")
    if len(used) == 0:
        return Estimate.undefined("no item has two ratings")
    if np.count_nonzero(used.sum(axis=0)) < 2:
        return Estimate.undefined("only one category was used, so no disagreement could be expected")
    used = used[:, np.argsort(np.asarray(categories), kind="stable")]
    nothing = np.zeros((1, used.shape[1]), dtype=np.int64)
    value = float(_alpha_without(nothing, used, level)[0])
    return jackknife_interval(value, _alpha_without(used, used, level))


def _alpha_without(left_out: NDArray[np.int64], used: NDArray[np.int64], level: Level) -> Floats:
    """α of ``used`` without each row of ``left_out`` in turn; NaN where fewer than two categories remain."""
    marginals = used.sum(axis=0) - left_out
    n = marginals.sum(axis=1)
    disagreements = _nominal if level == "nominal" else _ordinal
    observed, expected = disagreements(left_out, used, marginals, n)
    expected[np.count_nonzero(marginals, axis=1) < 2] = np.nan
    return 1 - (n - 1) * observed / expected


def _nominal(
    left_out: NDArray[np.int64], used: NDArray[np.int64], marginals: NDArray[np.int64], n: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Σ o_ck δ²_ck and Σ n_c n_k δ²_ck for each row of ``left_out``: the sums off the diagonal."""
    return _mixed_pairs(used).sum() - _mixed_pairs(left_out), _mixed(marginals, n)


def _mixed_pairs(rows: NDArray[np.int64]) -> Floats:
    """Each item's coincidences off the diagonal; 0 for a row of zeros."""
    ratings = rows.sum(axis=1)
    return _mixed(rows, ratings) / np.maximum(ratings - 1, 1)


def _mixed(counts: NDArray[np.int64], totals: NDArray[np.int64]) -> Floats:
    """Σ n_c n_k over c ≠ k of each row. In floats: the square of billions of ratings would not fit into 64 bits."""
    return (counts.astype(np.float64) * (totals[:, np.newaxis] - counts)).sum(axis=1)


def _ordinal(
    left_out: NDArray[np.int64], used: NDArray[np.int64], marginals: NDArray[np.int64], n: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Σ o_ck δ²_ck and Σ n_c n_k δ²_ck for each row of ``left_out``, in units of n².

    With the mean rank r_c = Σ_{g<c} n_g + n_c/2, δ_ck = r_k − r_c. Measured from their mean n/2, Σ n_c r_c = 0, and
    both sums reduce to S = Σ n_c r_c²: the expected one is 2nS, the observed one 2(S − Σ o_ck r_c r_k).
    No K × K matrix is needed for each item, and nothing large cancels.
    """
    ranks = (np.cumsum(marginals, axis=1) - marginals / 2) / np.maximum(n, 1)[:, np.newaxis] - 0.5
    squares = (marginals * np.square(ranks)).sum(axis=1)
    products = ((ranks @ _coincidences(used)) * ranks).sum(axis=1) - _own_products(left_out, ranks)
    return 2 * (squares - products), 2 * n * squares


def _own_products(rows: NDArray[np.int64], ranks: Floats) -> Floats:
    """Σ o_ck r_c r_k over each row's own coincidences."""
    ratings = rows.sum(axis=1)
    total = np.square((rows * ranks).sum(axis=1)) - (rows * np.square(ranks)).sum(axis=1)
    return total / np.maximum(ratings - 1, 1)


def _coincidences(used: NDArray[np.int64]) -> Floats:
    """The coincidence matrix, categories × categories: a sum over items."""
    weighted = used / (used.sum(axis=1, keepdims=True) - 1)
    return weighted.T @ used - np.diag(weighted.sum(axis=0))
