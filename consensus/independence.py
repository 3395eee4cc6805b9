"""How many independent voters a panel is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings

AT_ONCE = 2**16
"""Items counted in one product of 32-bit floats, which are exact up to 2²⁴."""


Counts = NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveVoters:
    """n_effective: voters that would err as independently as this panel does; None with a ``reason`` where undefined.

    n_voters: those that labelled an item whose truth is known; n_pairs: pairs whose errors could be correlated;
    mean_correlation: over these pairs.
    """

    n_effective: float | None
    n_voters: int
    n_pairs: int
    mean_correlation: float | None
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
    errors agree elsewhere.

    Source: the design effect of cluster samples, L. Kish (1965), "Survey Sampling", §5.4; the panel is the cluster.
    """
    known = _known(coded, truth)
    weights, counts = _strata(coded.by_rater(), _positions(coded, known["label"]), known["weight"].to_numpy())
    correlations = _correlations(weights, counts)
    pairs = correlations[np.triu_indices(len(coded.raters), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n = int(np.count_nonzero(counts[:, 0].sum(axis=0).diagonal()))
    possible = n * (n - 1) // 2
    if not len(defined):
        return EffectiveVoters(None, n, 0, None, "no two voters have errors to compare on the same items")
    if 2 * len(defined) < possible:
        few = f"only {len(defined)} of {possible} pairs of voters have errors to compare on the same items"
        return EffectiveVoters(None, n, len(defined), None, few)
    mean = float(defined.mean())
    return EffectiveVoters(n / (1 + (n - 1) * max(mean, 0.0)), n, len(defined), mean, None)


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


def _strata(
    labels: NDArray[np.int16], wanted: NDArray[np.int16], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Counts]:
    """Every weight of items with a known label, and `_counts` on these items: strata × 3 × voters × voters."""
    found = np.unique(weights[wanted != MISSING])
    if len(found) < 2:
        return np.ones(1), _counts(labels, wanted)[np.newaxis]
    parts = [_counts(labels, np.where(weights == weight, wanted, np.int16(MISSING))) for weight in found]
    return found, np.stack(parts)


def _counts(labels: NDArray[np.int16], wanted: NDArray[np.int16]) -> Counts:
    """Three tables voters × voters: items with a known label that both labelled; of these, those on which both are
    wrong, and those on which the first is."""
    counts = np.zeros((3, len(labels), len(labels)))
    for start in range(0, labels.shape[1], AT_ONCE):
        own, right = labels[:, start : start + AT_ONCE], wanted[start : start + AT_ONCE]
        counted = (own != MISSING) & (right != MISSING)
        rated, wrong = counted.astype(np.float32), (counted & (own != right)).astype(np.float32)
        counts += rated @ rated.T, wrong @ wrong.T, wrong @ rated.T
    return counts


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
