"""A posterior from the voters' confusion with gold, with a weight for each voter that makes it honest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings

LEAST_GOLD = 30
FOLDS = 10
PRIOR_VOTES = 10.0
"""A voter's row of confusion starts as this many votes of the whole panel on items with that gold label."""
TEMPERATURES = tuple(round(1.06**step, 4) for step in range(-80, 13))
"""From 0.01 to 2 in steps of 6 %: finer than any amount of gold can tell apart."""
SPREAD = 0.3
"""Standard deviation of the prior of a voter's weight around the common one."""


@dataclass(frozen=True)
class Calibrated:
    """A fitted posterior.

    posterior: items × codes, rows sum to 1. weights: of each voter's evidence, in the order of the raters; below 1
    where voters err together. n_gold: items it was fitted on. log_loss, log_loss_plain: mean −ln p(gold label), with
    these weights and with all of them 1, in nats. By ten folds: confusion and weights for a gold item come from the
    other folds, but the evidence that its weights were fitted to comes from confusions that have seen its label.
    """

    posterior: NDArray[np.float64]
    weights: tuple[float, ...]
    n_gold: int
    log_loss: float
    log_loss_plain: float


def calibrated_posterior(coded: CodedRatings, gold: Mapping[str, int]) -> Calibrated | None:
    """The probability of each label given the votes, from how each voter did on gold; None with fewer than 30 items.

    p(c | votes) ∝ p(c) · exp(Σ_v w_v · ln P_v(vote | c)): a log-linear pool. P_v are the voters' confusion matrices on
    the gold items, drawn towards that of the whole panel; p(c) are the smoothed shares of gold. The weights w_v make
    the likelihood of the gold labels largest on items that P_v has not seen (ten folds by position), with a normal
    prior around the best common weight: voters that err together share what one of them would have.

    Gold labels that no voter ever gave are left out, and so are gold items without a vote. Gold comes mostly from items
    that the panel could not agree on, so the figures are those of hard items.
    Sources: Dawid and Skene (1979) with known labels; C. Genest and J. V. Zidek (1986), "Combining probability
    distributions", Statistical Science 1, 114–135, for the pool.
    """
    places, truth = _gold_items(coded, gold)
    if len(places) < LEAST_GOLD:
        return None
    labels = coded.by_rater()
    n_codes = len(coded.categories)
    folds = np.arange(len(places)) % FOLDS
    evidence = np.empty((len(places), len(labels), n_codes))
    priors = np.empty((len(places), n_codes))
    for fold in range(FOLDS):
        prior, confusion = _fit(labels[:, places[folds != fold]], truth[folds != fold], n_codes)
        evidence[folds == fold] = _evidence(labels[:, places[folds == fold]], confusion)
        priors[folds == fold] = np.log(prior)
    held_out = np.empty(len(places))
    for fold in range(FOLDS):
        mine = folds == fold
        weights = _weights(evidence[~mine], priors[~mine], truth[~mine])
        held_out[mine] = _losses(weights, evidence[mine], priors[mine], truth[mine])
    weights = _weights(evidence, priors, truth)
    prior, confusion = _fit(labels[:, places], truth, n_codes)
    pooled = sum(weight * _of_voter(own, table) for weight, own, table in zip(weights, labels, confusion, strict=True))
    plain = _losses(np.ones(len(labels)), evidence, priors, truth).mean()
    posterior = _softmax(np.log(prior) + pooled)
    return Calibrated(posterior, tuple(weights.tolist()), len(places), float(held_out.mean()), float(plain))


def _weights(
    evidence: NDArray[np.float64], priors: NDArray[np.float64], truth: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The voters' weights, none below 0. evidence: items × voters × codes."""
    from scipy.optimize import fmin_l_bfgs_b

    n_voters = evidence.shape[1]
    common = min(TEMPERATURES, key=lambda weight: _losses(np.full(n_voters, weight), evidence, priors, truth).sum())
    chosen = evidence[np.arange(len(truth)), :, truth]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        chances = _softmax(priors + np.einsum("v,ivc->ic", weights, evidence))
        slope = np.einsum("ic,ivc->v", chances, evidence) - chosen.sum(axis=0)
        off = (weights - common) / SPREAD
        wrong = -np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-300)).sum()
        return float(wrong + 0.5 * off @ off), slope + off / SPREAD

    found, _, _ = fmin_l_bfgs_b(loss, np.full(n_voters, common), bounds=[(0.0, 2.0)] * n_voters)
    return np.asarray(found)


def _losses(
    weights: NDArray[np.float64],
    evidence: NDArray[np.float64],
    priors: NDArray[np.float64],
    truth: NDArray[np.int64],
) -> NDArray[np.float64]:
    """−ln p(gold label) of each item."""
    chances = _softmax(priors + np.einsum("v,ivc->ic", weights, evidence))
    return -np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-300))


def _gold_items(coded: CodedRatings, gold: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the gold items that somebody voted on, and of their labels among the codes."""
    known = pl.DataFrame(
        {"item": list(gold), "label": list(gold.values())}, schema={"item": pl.String, "label": pl.Int64}
    )
    codes = pl.DataFrame({"label": coded.categories}, schema={"label": pl.Int64}).with_row_index("code")
    voted = (coded.by_rater() != MISSING).any(axis=0)
    found = (
        pl.DataFrame({"item": coded.items, "voted": voted})
        .with_row_index("place")
        .join(known, on="item")
        .join(codes, on="label")
        .filter("voted")
        .sort("place")
    )
    return found["place"].to_numpy().astype(np.int64), found["code"].to_numpy().astype(np.int64)


def _fit(
    labels: NDArray[np.int16], truth: NDArray[np.int64], n_codes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the gold labels, and voters × true code × code given, both smoothed."""
    prior = (np.bincount(truth, minlength=n_codes) + 1) / (len(truth) + n_codes)
    counts = np.zeros((len(labels), n_codes, n_codes))
    for voter, own in enumerate(labels):
        voted = own != MISSING
        np.add.at(counts[voter], (truth[voted], own[voted]), 1)
    panel = counts.sum(axis=0) + 1
    panel /= panel.sum(axis=1, keepdims=True)
    smoothed = counts + PRIOR_VOTES * panel
    return prior, smoothed / smoothed.sum(axis=2, keepdims=True)


def _evidence(labels: NDArray[np.int16], confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Items × voters × true codes: ln P_v(vote | c)."""
    return np.stack([_of_voter(own, table) for own, table in zip(labels, confusion, strict=True)], axis=1)


def _of_voter(own: NDArray[np.int16], confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Items × true codes: ln P(vote | c) of one voter; an abstention says nothing."""
    # The last row, which −1 picks, is the abstention.
    return np.vstack([np.log(confusion).T, np.zeros(len(confusion))])[own]


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
