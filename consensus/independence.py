"""How many independent voters a panel is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings
from consensus.intervals import jackknife_interval

MOST_GROUPS = 400
"""Parts that the items are put into for the jackknife: each an item, where these are no more."""


Counts = NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveVoters:
    """n_effective: voters that would err as independently as this panel does, with a 95 % interval, ``low`` to
    ``high``. Whichever is undefined is None, and ``reason`` says why.

    n_voters: those that labelled an item whose truth is known; n_pairs: pairs whose errors could be correlated;
    mean_correlation: over these pairs. mean_errors: of these voters, on such items; None without voters.
    """

    n_effective: float | None
    low: float | None
    high: float | None
    n_voters: int
    n_pairs: int
    mean_correlation: float | None
    mean_errors: float | None
    reason: str | None

    def as_json(self) -> dict[str, float | int | str | None]:
        return vars(self).copy()


def effective_voters(coded: CodedRatings, truth: Mapping[str, int] | pl.DataFrame) -> EffectiveVoters:
    """M / (1 + (M − 1) r̄), with r̄ the mean correlation of two voters' errors; at most M, at least 1.

    An error is a label other than ``truth`` (item → label, or a frame item, label, null where it is unknown): gold, or
    else silver, which the votes themselves made and which therefore flatters the panel. A pair is correlated (φ) over
    the items that both labelled; a voter that is always right or always wrong there has no correlation. A negative mean
    counts as 0, and without a correlation of half of the pairs nothing is told. A frame's column ``weight``, above 0,
    says how many items each stands for: items that were chosen for the disagreement of the voters hide how far their
    errors agree elsewhere. The interval is that of r̄ (`jackknife_interval`, over items, or `MOST_GROUPS` groups of
    them), carried over.

    Source: the design effect of cluster samples, L. Kish (1965), "Survey Sampling", §5.4; the panel is the cluster.
    """
    known = _known(coded, truth)
    weights, groups = _grouped(coded.by_rater(), _positions(coded, known["label"]), known["weight"].to_numpy())
    whole = groups.sum(axis=0)
    pairs = _of_pairs(weights, whole)
    labelled, wrong, _ = (table.diagonal() for table in whole.sum(axis=0))
    n = int(np.count_nonzero(labelled))
    errors = float(wrong.sum()) / n if n else None
    n_defined, mean = int(np.count_nonzero(~np.isnan(pairs))), _mean(pairs, n)
    if mean is None:
        few = f"only {n_defined} of {n * (n - 1) // 2} pairs of voters have errors to compare on the same items"
        reason = few if n_defined else "no two voters have errors to compare on the same items"
        return EffectiveVoters(None, None, None, n, n_defined, None, errors, reason)
    without = [_mean(_of_pairs(weights, whole - group), n) for group in groups]
    told = jackknife_interval(mean, np.array(without, dtype=np.float64))
    low, value, high = (None if r is None else n / (1 + (n - 1) * max(r, 0.0)) for r in (told.high, mean, told.low))
    return EffectiveVoters(value, low, high, n, n_defined, mean, errors, told.reason)


def _mean(pairs: NDArray[np.float64], n_voters: int) -> float | None:
    """Of the defined correlations; None where they are fewer than half of those of so many voters."""
    defined = pairs[~np.isnan(pairs)]
    possible = n_voters * (n_voters - 1) // 2
    return float(defined.mean()) if len(defined) and 2 * len(defined) >= possible else None


def _known(coded: CodedRatings, truth: Mapping[str, int] | pl.DataFrame) -> pl.DataFrame:
    """The label of each item, null where it is unknown, and its weight."""
    if isinstance(truth, Mapping):
        columns = {"item": list(truth), "label": list(truth.values())}
        truth = pl.DataFrame(columns, schema={"item": pl.String, "label": pl.Int64})
    if "weight" not in truth.columns:
        truth = truth.with_columns(weight=pl.lit(1.0))
    if truth["item"].equals(coded.items):
        return truth
    items = pl.DataFrame({"item": coded.items})
    return items.join(truth, on="item", how="left", maintain_order="left").with_columns(pl.col("weight").fill_null(0.0))


def _positions(coded: CodedRatings, labels: pl.Series) -> NDArray[np.int16]:
    """Where each label stands among the codes; one that no voter gave is past them all; −1: no label is known."""
    codes = pl.Series(coded.categories, dtype=pl.Int64)
    places = pl.Series(range(len(codes)), dtype=pl.Int16)
    found = labels.replace_strict(codes, places, default=len(codes), return_dtype=pl.Int16)
    return pl.select(pl.when(labels.is_null()).then(MISSING).otherwise(found).cast(pl.Int16)).to_series().to_numpy()


def _grouped(
    labels: NDArray[np.int16], wanted: NDArray[np.int16], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Counts]:
    """The weights of items with a known label, and `_counts`: groups of these items × weights × 3 × voters × voters.

    Segments stand in the order of their ids, which are hashes: neighbours belong together by chance.
    """
    known = np.flatnonzero(wanted != MISSING)
    found = np.unique(weights[known])
    strata = np.searchsorted(found, weights)
    groups = [
        [_counts(labels[:, items], wanted[items]) for items in (group[strata[group] == n] for n in range(len(found)))]
        for group in np.array_split(known, min(MOST_GROUPS, max(1, len(known))))
    ]
    counts = np.array(groups).reshape(len(groups), len(found), 3, len(labels), len(labels))
    return (found, counts) if len(found) > 1 else (np.ones(len(found)), counts)


def _counts(labels: NDArray[np.int16], wanted: NDArray[np.int16]) -> Counts:
    """Three tables voters × voters: items that both labelled; of these, those on which both are wrong, and those on
    which the first is. 32-bit floats are exact up to 2²⁴ items."""
    counted = labels != MISSING
    rated, wrong = counted.astype(np.float32), (counted & (labels != wanted)).astype(np.float32)
    return np.stack([rated @ rated.T, wrong @ wrong.T, wrong @ rated.T]).astype(np.float64)


def _of_pairs(weights: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    correlations = _correlations(weights, counts)
    return correlations[np.triu_indices(len(correlations), k=1)]


def _correlations(weights: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    """φ of every two voters' errors over the items that both rated; NaN where one of them never varies there."""
    n, _, first = counts.sum(axis=0)
    # By the items themselves: sums of weights are rounded.
    varies = (first > 0) & (first < n)
    n, both, first = np.tensordot(weights, counts, axes=1)
    second = first.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = first * (n - first) * second * (n - second)
        return np.where(varies & varies.T, (n * both - first * second) / np.sqrt(spread), np.nan)
