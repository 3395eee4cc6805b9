"""How well segments hold conversations together: recall, precision, F1, and intervals that respect conversations."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Rates = NDArray[np.float64]
UNKNOWN = -1
RESAMPLES, SEED = 2000, 7


@dataclass(frozen=True)
class Scores:
    """One value a seed. size: messages of its segment; unknown: those of them whose conversation nobody annotated.

    recall: share of the messages of the seed's conversation that the segment holds. precision: share of the
    annotated messages of the segment that are of this conversation. f1: the harmonic mean of the two. at_worst:
    precision if none of the unknown messages were of the conversation.
    """

    recall: Rates
    precision: Rates
    f1: Rates
    at_worst: Rates
    size: Rates
    unknown: Rates

    def minus(self, other: "Scores") -> "Scores":
        """The difference seed by seed."""
        return Scores(*(getattr(self, name) - getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Scores))


def score(conversation: Numbers, seeds: Numbers, segments: Sequence[Numbers]) -> Scores:
    """Score one segment a seed. conversation: that of each message, from 0, or UNKNOWN; seeds have one.

    Each segment holds its seed, so no share is of nothing.
    """
    sizes = np.bincount(conversation[conversation != UNKNOWN])
    own = conversation[seeds]
    held = [conversation[segment] for segment in segments]
    hits = np.array([np.count_nonzero(row == one) for row, one in zip(held, own, strict=True)])
    size = np.array([len(row) for row in held], dtype=np.float64)
    unknown = np.array([np.count_nonzero(row == UNKNOWN) for row in held], dtype=np.float64)
    recall, precision = hits / sizes[own], hits / (size - unknown)
    f1 = 2 * recall * precision / (recall + precision)
    return Scores(recall, precision, f1, hits / size, size, unknown)


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean of several draws, seed by seed."""
    return Scores(*(np.mean([getattr(one, name) for one in scores], axis=0) for name in NAMES))


def interval(values: Rates, clusters: Numbers) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over seeds: whole conversations are drawn with replacement.

    Seeds of one conversation share most of their segments, so single seeds would give too narrow an interval.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    n = int(cluster.max()) + 1
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    means = drawn @ np.bincount(cluster, values) / (drawn @ np.bincount(cluster))
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
