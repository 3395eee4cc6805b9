"""Shares, F1 and means with 95 % intervals in closed form."""

from math import sqrt
from statistics import NormalDist

from consensus.intervals import CONFIDENCE, Estimate

WILSON = "Wilson score"
WILSON_F1 = "Wilson score of F*, carried over to F1"
MEAN = "t interval of the mean over items"
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def share(part: int, whole: int, undefined: str) -> Estimate:
    """``part`` of ``whole`` (0 ≤ part ≤ whole), 0 to 1, with its Wilson interval.

    With z = 1.96: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). It never leaves [0, 1], and has a width even at 0
    and 1. ``undefined`` is the reason that is given where whole is 0.

    Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22, 209–212.
    """
    if not whole:
        return Estimate.undefined(undefined)
    low, high = _wilson(part, whole)
    return Estimate(part / whole, low, high, WILSON)


def f1(n_right: int, n_wrong: int, undefined: str) -> Estimate:
    """F1 = 2·right / (2·right + wrong) of one label, 0 to 1, with its interval.

    n_right: items that have the label and got it. n_wrong: items that have it and got another, or got it and have
    another; each counts once. Of the right and wrong items together, the right ones are a plain share F* with a Wilson
    interval; F1 = 2F*/(1 + F*) grows with it, so that the same formula carries both ends over. ``undefined`` is the
    reason that is given where there are neither.

    Source: the indirect Wilson method of K. F. Y. Lam, V. Gopal and J. Qian (2023), "Confidence intervals for the F1
    score: a comparison of four methods", arXiv 2309.14621.
    """
    if not n_right + n_wrong:
        return Estimate.undefined(undefined)
    low, high = (2 * end / (1 + end) for end in _wilson(n_right, n_right + n_wrong))
    return Estimate(2 * n_right / (2 * n_right + n_wrong), low, high, WILSON_F1)


def mean(value: float, deviation: float, n: int) -> Estimate:
    """A mean of n ≥ 1 numbers from 0 to 1: value ± t(0.975; n − 1) · deviation / √n, clipped to [0, 1].

    deviation: their standard deviation, with n − 1 below. One number alone has no interval; numbers that are all equal
    have one of width zero, which is no certainty.
    """
    if n < 2:
        return Estimate(value, None, None, None, "no interval: there is one item only")
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * deviation / sqrt(n)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), MEAN)


def _wilson(part: int, whole: int) -> tuple[float, float]:
    p, z2 = part / whole, _Z * _Z / whole
    middle, half = p + z2 / 2, _Z * sqrt(p * (1 - p) / whole + z2 / (4 * whole))
    # At the very ends the two terms are equal, and their difference is a rounding error.
    low = 0.0 if part == 0 else (middle - half) / (1 + z2)
    high = 1.0 if part == whole else (middle + half) / (1 + z2)
    return low, high
