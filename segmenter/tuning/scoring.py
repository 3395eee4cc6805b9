"""Macro-F1 of many configurations on many resamples at once."""

import numpy as np
from numpy.typing import NDArray

NO_LABEL = -1
"""In a judgement: the voter abstained or failed, which is wrong whatever people said."""

Labels = NDArray[np.int64]
Weights = NDArray[np.int64]


def macro_f1(labels: Labels, judged: Labels, weights: Weights) -> NDArray[np.float64]:
    """Macro-F1 of each configuration (columns) on each resample (rows), 0 to 1.

    labels: what people said of each item, a code of 0 or more. judged: configurations × items, the voter's code or −1.
    weights: resamples × items, how often the resample holds the item.

    The mean, over the labels that people gave to some item of the resample, of F1 = 2·TP / (2·TP + FP + FN). A label
    that only the voter gave is no class of its own: it counts as missed where people said something else. So all
    configurations are averaged over the same classes. With the items at hand this is scikit-learn's ``f1_score(people,
    voter, labels=unique(people), average="macro", zero_division=0)``. NaN for a resample without items.
    """
    total = np.zeros((len(weights), len(judged)))
    n_classes = np.zeros((len(weights), 1))
    for label in np.unique(labels):
        said, given = labels == label, judged == label
        right = weights @ (given & said).T
        n_said = (weights @ said)[:, None]
        both = weights @ given.T + n_said
        total += np.where(n_said > 0, 2 * right / np.maximum(both, 1), 0.0)
        n_classes += n_said > 0
    return np.divide(total, n_classes, out=np.full_like(total, np.nan), where=n_classes > 0)


def class_f1(labels: Labels, judged: Labels) -> dict[int, float]:
    """Label → F1 of one configuration (``judged``: items) on all items, for the labels that people gave."""
    return {
        int(label): float(2 * np.sum((labels == label) & (judged == label)))
        / float(np.sum(labels == label) + np.sum(judged == label))
        for label in np.unique(labels)
    }
