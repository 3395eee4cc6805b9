"""Fleiss' κ: agreement of many raters beyond chance, with missing ratings."""

import numpy as np
from numpy.typing import NDArray

from consensus.counts import row_sums, rows_with_pairs
from consensus.intervals import Estimate, jackknife_interval


def fleiss_kappa(counts: NDArray[np.int64]) -> Estimate:
    """Fleiss' κ of an items × categories matrix of counts, with a 95 % jackknife interval over items.

    Items with fewer than two ratings are left out. With n_ij ratings of item i in category j and n_i in all:
    P_i = Σ_j n_ij(n_ij−1)/(n_i(n_i−1)), P̄ = mean P_i, p_j = Σ_i n_ij / Σ_i n_i and
    κ = (P̄ − Σp_j²)/(1 − Σp_j²). With equally many ratings an item this is the classical κ, between −1/(n−1) and 1;
    with very uneven numbers of ratings it can lie below −1, since P̄ weighs items and p_j weighs ratings.

    Edge conventions: no item with two ratings, or a single category among the items used, leaves κ undefined
    (value None, with a reason). Categories that nobody used change nothing. One item gives a value without an interval.

    Source: J. L. Fleiss (1971), "Measuring nominal scale agreement among many raters", Psychological Bulletin 76,
    378–382. Missing ratings: the mean of P_i over items of unequal n_i.
    """
    used = rows_with_pairs(counts)
    if len(used) == 0:
        return Estimate.undefined("no item has two ratings")
    totals = used.sum(axis=0)
    if np.count_nonzero(totals) < 2:
        return Estimate.undefined("only one category was used, so chance alone would give full agreement")
    agreement = item_agreement(used)
    value = _kappa(np.array([agreement.mean()]), totals[np.newaxis])
    return jackknife_interval(float(value[0]), _leave_one_out(used, agreement))


def item_agreement(used: NDArray[np.int64]) -> NDArray[np.float64]:
    """P_i of each item: the share of its pairs of ratings that agree, 0 to 1. Every row needs two ratings."""
    ratings = row_sums(used)
    return (np.einsum("ij,ij->i", used, used) - ratings) / (ratings * (ratings - 1))


def _leave_one_out(used: NDArray[np.int64], agreement: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(used) < 2:
        return np.full(len(used), np.nan)
    return _kappa((agreement.sum() - agreement) / (len(used) - 1), used.sum(axis=0) - used)


def _kappa(mean_agreement: NDArray[np.float64], totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """κ a row, from P̄ and the ratings in each category; NaN where a single category is left."""
    # In floats: the square of a total of billions of ratings would not fit into 64 bits.
    counts = totals.astype(np.float64)
    by_chance = np.einsum("ij,ij->i", counts, counts) / np.square(row_sums(totals).astype(np.float64))
    if (totals == 0).any():
        by_chance[np.count_nonzero(totals, axis=1) < 2] = np.nan
    return (mean_agreement - by_chance) / (1 - by_chance)
