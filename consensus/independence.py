"""How many independent voters a panel is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings

AT_ONCE = 2**16
"""Items counted in one product of 32-bit floats, which are exact up to 2²⁴."""


@dataclass(frozen=True)
class EffectiveVoters:
    """n_effective: voters that would err as independently as this panel does; None with a ``reason`` where undefined.

    n_voters: those that enter; n_pairs: pairs whose errors could be correlated; mean_correlation: over these pairs.
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
    counts as 0.

    Source: the design effect of cluster samples, L. Kish (1965), "Survey Sampling", §5.4; the panel is the cluster.
    """
    labels = coded.by_rater()
    correlations = _correlations(*_counts(labels, _positions(coded, _known_labels(coded, truth))))
    pairs = correlations[np.triu_indices(len(labels), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n = len(labels)
    if not len(defined):
        return EffectiveVoters(None, n, 0, None, "no two voters have errors to compare on the same items")
    mean = float(defined.mean())
    return EffectiveVoters(n / (1 + (n - 1) * max(mean, 0.0)), n, len(defined), mean, None)


def _known_labels(coded: CodedRatings, truth: Mapping[str, int] | pl.DataFrame) -> pl.Series:
    """The label of each item, null where it is unknown."""
    if isinstance(truth, Mapping):
        columns = {"item": list(truth), "label": list(truth.values())}
        truth = pl.DataFrame(columns, schema={"item": pl.String, "label": pl.Int64})
    if truth["item"].equals(coded.items):
        return truth["label"]
    items = pl.DataFrame({"item": coded.items})
    return items.join(truth, on="item", how="left", maintain_order="left")["label"]


def _positions(coded: CodedRatings, labels: pl.Series) -> NDArray[np.int16]:
    """Where each label stands among the codes; one that no voter gave is past them all; −1: no label is known."""
    codes = pl.Series(coded.categories, dtype=pl.Int64)
    places = pl.Series(range(len(codes)), dtype=pl.Int16)
    found = labels.replace_strict(codes, places, default=len(codes), return_dtype=pl.Int16)
    return pl.select(pl.when(labels.is_null()).then(MISSING).otherwise(found).cast(pl.Int16)).to_series().to_numpy()


def _counts(
    labels: NDArray[np.int16], wanted: NDArray[np.int16]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Voters × voters: items with a known label that both labelled; of these, those on which both are wrong, and those
    on which the first is."""
    n, both, first = np.zeros((3, len(labels), len(labels)))
    for start in range(0, labels.shape[1], AT_ONCE):
        own, right = labels[:, start : start + AT_ONCE], wanted[start : start + AT_ONCE]
        counted = (own != MISSING) & (right != MISSING)
        rated, wrong = counted.astype(np.float32), (counted & (own != right)).astype(np.float32)
        n += rated @ rated.T
        both += wrong @ wrong.T
        first += wrong @ rated.T
    return n, both, first


def _correlations(n: NDArray[np.float64], both: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """φ of every two voters' errors over the items that both rated; NaN where one of them never varies there."""
    second = first.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = first * (n - first) * second * (n - second)
        return np.where(spread > 0, (n * both - first * second) / np.sqrt(spread), np.nan)
