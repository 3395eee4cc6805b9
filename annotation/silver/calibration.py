"""How sure a classifier is, on one scale for all of them, and when it is too unsure to vote.

A classifier's scores (decision values, or log-probabilities) are divided by a temperature and put through a softmax.
The temperature is the one that makes out-of-fold predictions on the training data most likely (Guo et al., ICML 2017,
"On calibration of modern neural networks"): a classifier that cannot predict its own training data in cross-validation
gets a high temperature, is never sure and abstains.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

FOLDS = 3
UNSURE = 2.0
"""A voter abstains when its probability is below this many times chance (1 / number of labels it learned)."""
_TEMPERATURES = np.geomspace(0.02, 50, 120)
_ABSENT = -20.0


class Confident:
    """A classifier that knows how sure it is. Fit with labels of at least two kinds.

    codes_: the labels, ascending. out_of_fold_: their scores for each training row, from a classifier that had not
    seen it; NaN where the other folds held one label only.
    """

    def __init__(self, classifier: BaseEstimator) -> None:
        self.classifier = classifier

    def fit(self, rows: Any, labels: np.ndarray) -> "Confident":
        self.codes_ = np.unique(labels)
        self.out_of_fold_ = self._out_of_fold(rows, labels)
        self.temperature_ = best_temperature(self.out_of_fold_, np.searchsorted(self.codes_, labels))
        self.fitted_: Any = clone(self.classifier)
        self.fitted_.fit(rows, labels)
        return self

    def _out_of_fold(self, rows: Any, labels: np.ndarray) -> np.ndarray:
        found = np.full((len(labels), len(self.codes_)), np.nan)
        fold_of = folds(labels)
        for fold in range(FOLDS):
            held = fold_of == fold
            known = np.unique(labels[~held])
            if len(known) < 2 or not held.any():
                continue
            model: Any = clone(self.classifier)
            model.fit(rows[~held], labels[~held])
            part = np.full((int(held.sum()), len(self.codes_)), _ABSENT)
            part[:, np.searchsorted(self.codes_, known)] = scores(model, rows[held])
            found[held] = part
        return found

    def probabilities(self, rows: Any) -> np.ndarray:
        """A row of probabilities for each row, in the order of ``codes_``."""
        return softmax(scores(self.fitted_, rows) / self.temperature_)

    def out_of_fold_probabilities(self) -> np.ndarray:
        """The same for the training rows, each judged without itself; NaN where that was not possible."""
        return softmax(self.out_of_fold_ / self.temperature_)


def folds(labels: np.ndarray) -> np.ndarray:
    """The fold of each row: the rows of a label are dealt out in turn."""
    dealt = np.zeros(len(labels), dtype=np.int64)
    for code in np.unique(labels):
        rows = np.flatnonzero(labels == code)
        dealt[rows] = np.arange(len(rows)) % FOLDS
    return dealt


def scores(model: Any, rows: Any) -> np.ndarray:
    """One score a label: decision values, or log-probabilities where a model has no decision function."""
    decide: Callable[[Any], np.ndarray] | None = getattr(model, "decision_function", None)
    if decide is None:
        return np.log(np.clip(model.predict_proba(rows), 1e-3, 1.0))
    values = np.asarray(decide(rows), dtype=np.float64)
    return np.column_stack([-values / 2, values / 2]) if values.ndim == 1 else values


def best_temperature(out_of_fold: np.ndarray, places: np.ndarray) -> float:
    """The temperature with the smallest mean log-loss; 1 when there is nothing to judge by.

    Each row counts a little for the other labels too (Laplace: as one more row a label), so that a few rows that happen
    to be all right do not make a classifier certain.
    """
    judged = np.isfinite(out_of_fold).all(axis=1)
    if not judged.any():
        return 1.0
    seen, right = out_of_fold[judged], places[judged]
    n_rows, n_labels = seen.shape
    wanted = np.full(seen.shape, 1 / (n_rows + n_labels))
    wanted[np.arange(n_rows), right] += n_rows / (n_rows + n_labels)
    losses = [-(wanted * np.log(softmax(seen / t) + 1e-12)).sum(axis=1).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(np.round(losses, 9)))])


def softmax(values: np.ndarray) -> np.ndarray:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def least_sure(n_labels: int) -> float:
    """The default abstain rule: `UNSURE` times chance, and never above 0.75."""
    return min(UNSURE / n_labels, 0.75)
