"""How sure the search can be: bootstrap intervals over the items, and which configurations cannot be told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmenter.tuning.scoring import Labels, macro_f1

CONFIDENCE = 0.95
METHOD = (
    "percentile bootstrap over the development messages, drawn with replacement, the same resamples for every "
    "configuration; a difference is paired, and not corrected for the number of configurations compared"
)
_EQUAL_TO = 12
"""Decimals to which two scores are compared: the sums behind them may differ in the last bits."""


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """best: place of the configuration that the others are compared with. scores and differences, by configuration:
    macro-F1, and macro-F1 of the best minus it.
    """

    best: int
    scores: tuple[Interval, ...]
    differences: tuple[Interval, ...]

    def as_good(self, place: int) -> bool:
        """Whether the interval of the difference holds 0: the items at hand cannot tell it from the best."""
        return round(self.differences[place].low, _EQUAL_TO) <= 0


def resample_weights(n_items: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """How often each of the resamples (rows) holds each item (columns); every row adds up to n_items."""
    drawn = np.random.default_rng(seed).integers(0, n_items, size=(resamples, n_items))
    weights = np.zeros((resamples, n_items), dtype=np.int64)
    np.add.at(weights, (np.arange(resamples)[:, None], drawn), 1)
    return weights


def compare(labels: Labels, judged: Labels, sizes: NDArray[np.float64], resamples: int, seed: int) -> Comparison:
    """Macro-F1 of every configuration and its distance from the best, with intervals (see `METHOD`).

    labels, judged: as in `macro_f1`. sizes: mean messages of each configuration's contexts. The best has the highest
    macro-F1; of equals, the smallest contexts; of those, the first. The 95 % interval runs from the 2.5 to the 97.5
    percentile of the resamples (B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7,
    1979). The best is best on these very items, so its own score is too high on average.
    """
    values = macro_f1(labels, judged, np.ones((1, len(labels)), dtype=np.int64))[0]
    order = np.lexsort((np.arange(len(values)), sizes, -np.round(values, _EQUAL_TO)))
    best = int(order[0])
    scores = macro_f1(labels, judged, resample_weights(len(labels), resamples, seed))
    return Comparison(best, _intervals(values, scores), _intervals(values[best] - values, scores[:, [best]] - scores))


def _intervals(values: NDArray[np.float64], resampled: NDArray[np.float64]) -> tuple[Interval, ...]:
    outside = (1 - CONFIDENCE) / 2
    lows, highs = np.quantile(resampled, [outside, 1 - outside], axis=0)
    return tuple(Interval(float(v), float(low), float(high)) for v, low, high in zip(values, lows, highs, strict=True))
