"""Whether labels are right as often as their probabilities say, measured by gold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from consensus.intervals import Estimate
from consensus.proportions import mean, share

TENTHS = tuple(tenth / 10 for tenth in range(11))
TENTHS_AND_ONE = (*TENTHS, 1.0)
"""For ρ: unanimous labels, ρ = 1, are a bin of their own."""
NO_INTERVAL = "no interval: with few items a bin the expected calibration error is too large by itself; read the bins"


@dataclass(frozen=True)
class Reliability:
    """Of ``n`` labels gold confirms ``n_right``; share_right stands beside their mean_probability, 0 to 1."""

    n: int
    n_right: int
    mean_probability: float
    share_right: Estimate

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys."""
        return {**vars(self), "share_right": self.share_right.as_json()}


@dataclass(frozen=True)
class Calibration:
    """Of one rater's labels on gold items, those that have a probability.

    n: how many. brier: mean of (probability of the label given − whether gold confirms it)², 0 to 1, smaller is better.
    expected_error: Σ n_b/n · |share right − mean probability| over the bins. bins: (low, high) → `Reliability`, low ≤
    probability < high (1 belongs to the last bin; ρ = 1 has its own); empty ones are left out. labels: the same by
    label given. Without any probability, both estimates say why they are undefined.
    """

    n: int
    brier: Estimate
    expected_error: Estimate
    bins: Mapping[tuple[float, float], Reliability]
    labels: Mapping[int, Reliability]

    @classmethod
    def none(cls, reason: str) -> "Calibration":
        """No probabilities to compare."""
        return cls(0, Estimate.undefined(reason), Estimate.undefined(reason), {}, {})

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; bins as a list with keys low and high, labels as one with the key label."""
        return {
            "n": self.n,
            "brier": self.brier.as_json(),
            "expected_error": self.expected_error.as_json(),
            "bins": [{"low": low, "high": high, **one.as_json()} for (low, high), one in self.bins.items()],
            "labels": [{"label": label, **one.as_json()} for label, one in self.labels.items()],
        }


def calibrations(labelled: pl.DataFrame, edges: Sequence[float] = TENTHS) -> dict[str, Calibration]:
    """Rater → how its probabilities hold; raters without any probability are absent.

    labelled: rater, label, right (bool), probability (0 to 1, null: none), a row a label given on a gold item. edges:
    of the bins, ascending from 0 to 1; a last bin from 1 to 1 takes what is exactly 1.
    """
    given = labelled.filter(pl.col("probability").is_not_null())
    # Compared as they are: a ρ of 7 votes in 10 is the very float that the edge 0.7 is.
    places = np.searchsorted(np.array(edges), given["probability"].to_numpy(), side="right") - 1
    lost = pl.col("probability") - pl.col("right").cast(pl.Float64)
    given = given.with_columns(bin=np.minimum(places, len(edges) - 2), loss=lost**2)
    spread = given.group_by("rater").agg(n=pl.len(), loss=pl.col("loss").mean(), deviation=pl.col("loss").std())
    by_bin, by_label = _reliabilities(given, "bin"), _reliabilities(given, "label")
    found = {}
    for rater, n, loss, deviation in spread.sort("rater").iter_rows():
        bins = {(edges[place], edges[place + 1]): one for place, one in by_bin[rater].items()}
        found[rater] = Calibration(n, mean(loss, deviation, n), _expected_error(bins, n), bins, by_label[rater])
    return found


def _expected_error(bins: Mapping[tuple[float, float], Reliability], n: int) -> Estimate:
    error = sum(abs(one.n_right - one.n * one.mean_probability) for one in bins.values()) / n
    return Estimate(error, None, None, None, NO_INTERVAL)


def _reliabilities(given: pl.DataFrame, key: str) -> dict[str, dict[int, Reliability]]:
    """Rater → bin or label, ascending → its reliability."""
    right, probability = pl.col("right").sum(), pl.col("probability").mean()
    counts = given.group_by("rater", key).agg(n=pl.len(), right=right, probability=probability).sort("rater", key)
    found: dict[str, dict[int, Reliability]] = {}
    for rater, place, n, n_right, probability in counts.iter_rows():
        one = Reliability(n, n_right, probability, share(n_right, n, "no labels"))
        found.setdefault(rater, {})[place] = one
    return found
