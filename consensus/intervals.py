"""An estimate with its 95 % interval, and the jackknife that gives intervals to statistics over items."""

from dataclasses import asdict, dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
JACKKNIFE = "jackknife over items"
MANY = 20_000
NO_VARIANCE = "no interval: the raters disagree, but these items show no variance to make one from"
ROUNDING = 1e-12
"""Numbers that differ by less are the same. Leave-one-out values of items that differ do by the order of 1/N."""


@dataclass(frozen=True)
class Estimate:
    """A statistic with its 95 % interval.

    ``value`` is None when the statistic is undefined; ``low``, ``high`` and ``method`` (how the interval was made) are
    None when there is no interval. Whichever is missing, ``reason`` says why; it is None when nothing is missing.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str | None
    reason: str | None = None

    @classmethod
    def undefined(cls, reason: str) -> "Estimate":
        """No value and no interval."""
        return cls(None, None, None, None, reason)

    @classmethod
    def between(cls, value: float, half_width: float, method: str) -> "Estimate":
        """``value`` ± ``half_width``, clipped to [−1, 1].

        A κ of very uneven raters can lie below −1; the clipped interval then still holds its value.
        """
        low = min(value, max(-1.0, value - half_width))
        high = max(value, min(1.0, value + half_width))
        return cls(value, low, high, method)

    def as_json(self) -> dict[str, float | str | None]:
        """Keys value, low, high, method, reason."""
        return asdict(self)


def jackknife_interval(value: float, leave_one_out: NDArray[np.float64]) -> Estimate:
    """The 95 % delete-one jackknife interval of a statistic over N items.

    ``leave_one_out`` holds the N values of the statistic with one item left out, NaN where it is undefined.
    The standard error is √((N−1)/N · Σ(θᵢ − θ̄)²); the interval is ``value`` ± t(0.975, N−1) · standard error,
    clipped to [−1, 1]. The value is not corrected for bias.

    Edge conventions: fewer than two items, or an undefined leave-one-out value, give no interval, with a reason; so do
    values that are all the same without perfect agreement (two raters who each gave one label throughout, but not the
    same). At perfect agreement the interval has zero width: the items at hand show no variance, which is not the same
    as certainty.

    Sources: J. W. Tukey (1958), "Bias and confidence in not-quite large samples", Annals of Mathematical Statistics
    29, 614; for κ, J. L. Fleiss and M. Davies (1982), "Jackknifing functions of multinomial frequencies, with an
    application to a measure of concordance", American Journal of Epidemiology 115, 841–845.
    """
    n_items = len(leave_one_out)
    if n_items < 2:
        return Estimate(value, None, None, None, "no interval: the jackknife needs at least two items")
    if np.isnan(leave_one_out).any():
        reason = "no interval: without one of the items, only one category is left"
        return Estimate(value, None, None, None, reason)
    if value < 1 and np.ptp(leave_one_out) < ROUNDING:
        return Estimate(value, None, None, None, NO_VARIANCE)
    spread = np.square(leave_one_out - leave_one_out.mean()).sum()
    error = sqrt((n_items - 1) / n_items * spread)
    return Estimate.between(value, _t_quantile(n_items - 1) * error, JACKKNIFE)


def _t_quantile(df: int) -> float:
    """The 97.5 % point of Student's t. Many degrees of freedom go without scipy, which takes a second to import.

    Source: M. Abramowitz and I. A. Stegun (1964), "Handbook of Mathematical Functions", 26.7.5; what is left out is
    less than 1e-16 of the value from MANY degrees on.
    """
    if df < MANY:
        from scipy.special import stdtrit

        return float(stdtrit(df, (1 + CONFIDENCE) / 2))
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / df + second / df**2 + third / df**3
