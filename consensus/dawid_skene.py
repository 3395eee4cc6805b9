"""Dawid–Skene: each voter's confusion matrix and the items' labels, estimated from each other by EM."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEAST = 1e-10
"""A probability is never less than this in a logarithm, so that one odd vote cannot rule a label out."""


@dataclass(frozen=True)
class DawidSkene:
    """What EM found. Labels are positions in the codes of the ratings.

    posterior: items × codes, each row sums to 1. prior: share of each code. confusion: voters × true code × code given,
    each row sums to 1. n_rounds: rounds of EM. converged: whether the last one changed the mean log-likelihood of an
    item by less than the tolerance.
    """

    posterior: NDArray[np.float64]
    prior: NDArray[np.float64]
    confusion: NDArray[np.float64]
    log_likelihood: float
    n_rounds: int
    converged: bool

    def labels(self) -> NDArray[np.int64]:
        """The most probable label of each item, of equals the smaller code."""
        return self.posterior.argmax(axis=1)


def dawid_skene(coded: CodedRatings, *, most_rounds: int = 100, tolerance: float = 1e-5) -> DawidSkene:
    """Fit the model of Dawid and Skene to the votes of a panel; abstentions are missing at random.

    Starts from each item's shares of votes. An item without any vote gets the prior. Deterministic.

    Source: A. P. Dawid and A. M. Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28, 20–28. Note what the model assumes: voters err independently of each other given
    the true label. Models of one family do not, so its posterior is surer than it should be.
    """
    from scipy.sparse import csr_array

    labels = coded.by_rater().T
    n_items, n_voters = labels.shape
    n_codes = len(coded.categories)
    voted = labels != MISSING
    columns = (np.arange(n_voters, dtype=np.int32) * n_codes + labels)[voted]
    starts = np.concatenate([[0], np.cumsum(voted.sum(axis=1))])
    # Items × (voter, code): one 1 for each vote. Both steps of EM are then one product with it.
    votes = csr_array((np.ones(len(columns)), columns, starts), shape=(n_items, n_voters * n_codes))
    transposed = votes.T.tocsr()
    posterior = _start(votes, n_voters, n_codes)
    before = -np.inf
    prior, confusion = np.full(n_codes, 1 / max(n_codes, 1)), np.zeros((n_voters, n_codes, n_codes))
    for number in range(1, most_rounds + 1):
        prior = posterior.mean(axis=0) if n_items else prior
        confusion = _confusion(transposed @ posterior, n_voters, n_codes)
        logs = np.log(np.maximum(confusion, LEAST)).transpose(0, 2, 1).reshape(n_voters * n_codes, n_codes)
        joint = votes @ logs + np.log(np.maximum(prior, LEAST))
        posterior, now = _normalised(joint)
        if abs(now - before) < tolerance * max(n_items, 1):
            return DawidSkene(posterior, prior, confusion, now, number, converged=True)
        before = now
    return DawidSkene(posterior, prior, confusion, before, most_rounds, converged=False)


def _start(votes: "csr_array", n_voters: int, n_codes: int) -> NDArray[np.float64]:
    """Each item's shares of votes; equal shares where nobody voted."""
    shares = votes @ np.tile(np.eye(n_codes), (n_voters, 1))
    totals = np.asarray(shares).sum(axis=1, keepdims=True)
    return np.where(totals > 0, shares / np.maximum(totals, 1), 1 / max(n_codes, 1))


def _confusion(counts: NDArray[np.float64], n_voters: int, n_codes: int) -> NDArray[np.float64]:
    """Voters × true code × code given, from the expected counts of (voter, code given) × true code."""
    table = counts.reshape(n_voters, n_codes, n_codes).transpose(0, 2, 1)
    totals = table.sum(axis=2, keepdims=True)
    return np.where(totals > 0, table / np.where(totals > 0, totals, 1), 1 / max(n_codes, 1))


def _normalised(joint: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Posterior and log-likelihood from the log of the joint probabilities."""
    if not joint.size:
        return joint, 0.0
    highest = joint.max(axis=1, keepdims=True)
    odds = np.exp(joint - highest)
    totals = odds.sum(axis=1, keepdims=True)
    return odds / totals, float((highest + np.log(totals)).sum())
