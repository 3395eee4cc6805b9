"""Cohen's κ of every pair of raters."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import sqrt
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import CodedRatings, code_ratings
from consensus.intervals import CONFIDENCE, NO_VARIANCE, Estimate
from core.errors import DataError

ASYMPTOTIC = "asymptotic (Fleiss, Cohen & Everitt 1969)"


@dataclass(frozen=True)
class PairKappa:
    """Cohen's κ of raters ``a`` and ``b`` over the ``n`` items that both labelled; the rest as in Estimate."""

    a: str
    b: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    method: str | None
    reason: str | None

    def as_json(self) -> dict[str, float | str | None]:
        """Keys a, b, n, value, low, high, method, reason."""
        return asdict(self)


def cohen_kappa(ratings: pl.DataFrame, a: str, b: str) -> PairKappa:
    """Cohen's κ of two raters of one variable.

    ``ratings``: item (str), rater (str), label (Int64; null or −1: missing); key (item, rater). Items on which either
    abstains are left out. Raises DataError when ``a`` and ``b`` are the same or one of them rated nothing.

    Edge conventions: no item that both labelled, or both giving one and the same label throughout, leaves κ undefined
    (value None, with a reason). The interval is κ ± 1.96 asymptotic standard errors, clipped to [−1, 1]; at perfect
    agreement its width is zero, which is not the same as certainty. Where they disagree and the standard error is zero
    all the same (for example where one of them gave one label throughout, which makes κ 0, or κ = −1), there is no
    interval, with a reason.

    Sources: J. Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20, 37–46; J. L. Fleiss, J. Cohen and B. S. Everitt (1969), "Large sample standard errors of kappa and
    weighted kappa", Psychological Bulletin 72, 323–327. The arithmetic is that of statsmodels' ``cohens_kappa``, which
    takes seconds to import; a test compares the two.
    """
    found = ratings["rater"].unique().sort().to_list()
    missing = [rater for rater in (a, b) if rater not in found]
    if missing or a == b:
        raise DataError(
            f"wanted two different raters of the table; got {a!r} and {b!r}. The raters are: {', '.join(found)}"
        )
    both = ratings.filter(pl.col("rater").is_in([a, b]))
    pair = pairwise_from_codes(code_ratings(both))[0]
    # κ is symmetric, so a pair computed in sorted order may be named in the order asked for.
    return replace(pair, a=a, b=b)


def pairwise_cohen(ratings: pl.DataFrame) -> list[PairKappa]:
    """Cohen's κ of every pair of raters, in the raters' sorted order. Ratings and conventions as ``cohen_kappa``."""
    return pairwise_from_codes(code_ratings(ratings))


def pairwise_from_codes(coded: CodedRatings) -> list[PairKappa]:
    """``pairwise_cohen`` of ratings that have been coded already."""
    return [_pair_kappa(coded.raters[a], coded.raters[b], table) for a, b, table in _tables(coded)]


def _tables(coded: CodedRatings) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Each pair of raters with the categories × categories table of the items both labelled (first rater in rows)."""
    width = len(coded.categories) + 1
    # Missing is category 0 here, so that a pair is one number an item and its table one count of numbers.
    labels = (coded.by_rater() + 1).astype(np.min_scalar_type(width * width - 1))
    rows = labels * width
    for a, b in combinations(range(len(coded.raters)), 2):
        yield a, b, np.bincount(rows[a] + labels[b], minlength=width * width).reshape(width, width)[1:, 1:]


def _pair_kappa(a: str, b: str, table: NDArray[np.int64]) -> PairKappa:
    kappa = _table_kappa(table)
    return PairKappa(a, b, int(table.sum()), kappa.value, kappa.low, kappa.high, kappa.method, kappa.reason)


def _table_kappa(table: NDArray[np.int64]) -> Estimate:
    if table.sum() == 0:
        return Estimate.undefined("no item was labelled by both")
    if np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)) < 2:
        return Estimate.undefined("both gave one and the same label throughout")
    kappa, variance = _kappa_and_variance(table)
    if _without_variance(table) and np.trace(table) < table.sum():
        return Estimate(kappa, None, None, None, NO_VARIANCE)
    # At perfect agreement the variance is 0 up to rounding, on either side.
    error = sqrt(max(variance, 0.0))
    return Estimate.between(kappa, NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * error, ASYMPTOTIC)


def _without_variance(table: NDArray[np.int64]) -> bool:
    """Whether the variance of `_kappa_and_variance` is 0, in whole numbers.

    It is the variance of δ_ij − (1 − κ)(p_.i + p_j.) over the items, so 0 where all cells in use have the same value;
    here that value is multiplied by n² − Σ r_i c_i, with r and c the sums of rows and columns.
    """
    first, second = table.sum(axis=1), table.sum(axis=0)
    n = int(table.sum())
    values = -(n - int(np.trace(table))) * (second[:, np.newaxis] + first)
    np.fill_diagonal(values, values.diagonal() + n * n - int(first @ second))
    used = values[table > 0]
    return bool((used == used[0]).all())


def _kappa_and_variance(table: NDArray[np.int64]) -> tuple[float, float]:
    """κ and its variance (Fleiss, Cohen & Everitt 1969, formula 13) of a table of counts with two categories in use."""
    n = float(table.sum())
    shares = table / n
    first, second = table.sum(axis=1) / n, table.sum(axis=0) / n
    expected = float(first @ second)
    kappa = (float(np.trace(table)) / n - expected) / (1 - expected)
    on = float((np.diag(shares) * (1 - (first + second) * (1 - kappa)) ** 2).sum())
    off = shares * (second[:, np.newaxis] + first) ** 2
    np.fill_diagonal(off, 0)
    chance = (kappa - expected * (1 - kappa)) ** 2
    return kappa, (on + (1 - kappa) ** 2 * float(off.sum()) - chance) / (1 - expected) ** 2 / n
