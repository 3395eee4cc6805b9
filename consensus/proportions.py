"""Shares, F1 and means with 95 % intervals in closed form."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from consensus.intervals import CONFIDENCE, ROUNDING, Estimate

WILSON = "Wilson score"
WILSON_F1 = "Wilson score of F*, carried over to F1"
WILSON_STRATA = "Wilson score by stratum, combined (MOVER)"
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


def stratified_share(strata: Sequence[tuple[int, int, int]], undefined: str) -> Estimate:
    """A share of everything from random samples of its strata: (part, whole, size) for each.

    part of the ``whole`` that were looked at, and how many there are in the stratum (size; 0: it plays no role). With
    shares p_h, Wilson intervals [l_h, u_h] and weights W_h = size_h / Σ size: Σ W_h p_h, from √Σ W_h² (p_h − l_h)²
    below to √Σ W_h² (u_h − p_h)² above. One stratum has its Wilson interval. ``undefined`` is the reason where a
    stratum was not looked at, or all are empty.

    Source: the MOVER interval of G. Y. Zou, W. Huang and X. Zhang (2009), "A note on confidence interval estimation for
    a linear function of binomial proportions", Computational Statistics & Data Analysis 53, 1080–1085.
    """
    looked_at = [one for one in strata if one[2]]
    if not looked_at or any(not whole for _, whole, _ in looked_at):
        return Estimate.undefined(undefined)
    if len(looked_at) == 1:
        return share(looked_at[0][0], looked_at[0][1], undefined)
    everything = sum(size for *_, size in looked_at)
    shares = [(size / everything, part / whole, *_wilson(part, whole)) for part, whole, size in looked_at]
    value = sum(weight * p for weight, p, _, _ in shares)
    below = sqrt(sum((weight * (p - low)) ** 2 for weight, p, low, _ in shares))
    above = sqrt(sum((weight * (high - p)) ** 2 for weight, p, _, high in shares))
    return Estimate(value, max(0.0, value - below), min(1.0, value + above), WILSON_STRATA)


def mean(value: float, deviation: float, n: int) -> Estimate:
    """A mean of n ≥ 1 numbers from 0 to 1: value ± t(0.975; n − 1) · deviation / √n, clipped to [0, 1].

    deviation: their standard deviation, with n − 1 below. One number alone has no interval, and neither have numbers
    that are all equal.
    """
    if n < 2:
        return Estimate(value, None, None, None, "no interval: there is one item only")
    if deviation < ROUNDING:
        return Estimate(value, None, None, None, "no interval: these items show no variance to make one from")
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
