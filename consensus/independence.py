"""How many independent voters a panel is worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings


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


def effective_voters(coded: CodedRatings, truth: Mapping[str, int]) -> EffectiveVoters:
    """M / (1 + (M − 1) r̄), with r̄ the mean correlation of two voters' errors; at most M, at least 1.

    An error is a label other than ``truth`` (item → label: gold, or else silver, which the votes themselves made and
    which therefore flatters the panel). A pair is correlated (φ) over the items that both labelled; a voter that is
    always right or always wrong there has no correlation. A negative mean counts as 0.

    Source: the design effect of cluster samples, L. Kish (1965), "Survey Sampling", §5.4; the panel is the cluster.
    """
    labels = coded.by_rater()
    wanted = np.array([_position(coded, truth.get(item)) for item in coded.items], dtype=np.int64)
    known = wanted >= 0
    rated = ((labels != MISSING) & known).astype(np.float64)
    wrong = ((labels != wanted) & (rated > 0)).astype(np.float64)
    correlations = _correlations(rated, wrong)
    pairs = correlations[np.triu_indices(len(labels), k=1)]
    defined = pairs[~np.isnan(pairs)]
    n = len(labels)
    if not len(defined):
        return EffectiveVoters(None, n, 0, None, "no two voters have errors to compare on the same items")
    mean = float(defined.mean())
    return EffectiveVoters(n / (1 + (n - 1) * max(mean, 0.0)), n, len(defined), mean, None)


def _position(coded: CodedRatings, label: int | None) -> int:
    """Where a label stands among the codes; one that no voter gave is past them all; −1: no label is known."""
    if label is None:
        return -1
    return coded.categories.index(label) if label in coded.categories else len(coded.categories)


def _correlations(rated: NDArray[np.float64], wrong: NDArray[np.float64]) -> NDArray[np.float64]:
    """φ of every two voters' errors over the items that both rated; NaN where one of them never varies there."""
    n = rated @ rated.T
    both, first = wrong @ wrong.T, wrong @ rated.T
    second = first.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = first * (n - first) * second * (n - second)
        return np.where(spread > 0, (n * both - first * second) / np.sqrt(spread), np.nan)
