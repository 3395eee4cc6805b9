"""Dawid–Skene: each voter's confusion matrix and the items' labels, estimated from each other by EM."""

from dataclasses import dataclass, replace
from math import log, prod

import numpy as np
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings, how_often

LEAST = 1e-10
"""A probability is never less than this in a logarithm, so that one odd vote cannot rule a label out."""
SPARSE = 8
"""Where fewer than one of this many possible votes was cast, only those cast are looked at."""
LARGEST_TABLE = 3_000
"""Cells of a block's table: as many voters together as still fit into the fastest memory."""


@dataclass(frozen=True)
class DawidSkene:
    """What EM found. Labels are positions in the codes of the ratings.

    posterior: items × codes, each row sums to 1. prior: share of each code. confusion: voters × true code × code given,
    each row sums to 1. n_rounds: rounds of EM. converged: whether the last one changed the mean log-likelihood of an
    item with a vote by less than the tolerance.
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

    Starts from each item's shares of votes. Items without any vote say nothing: the model is fitted to the others, and
    they get its prior as their posterior afterwards. Deterministic.

    Source: A. P. Dawid and A. M. Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28, 20–28. Note what the model assumes: voters err independently of each other given
    the true label. Models of one family do not, so its posterior is surer than it should be.
    """
    labels = coded.by_rater()
    n_voters, n_items = labels.shape
    n_codes = len(coded.categories)
    voted = labels.max(axis=0, initial=MISSING) != MISSING
    if not voted.any():
        prior = np.full(n_codes, 1 / max(n_codes, 1))
        confusion = np.tile(prior, (n_voters, n_codes, 1))
        return DawidSkene(np.tile(prior, (n_items, 1)), prior, confusion, 0.0, 0, converged=True)
    if voted.all():
        return _fit(labels, n_codes, most_rounds, tolerance)
    found = _fit(labels[:, voted], n_codes, most_rounds, tolerance)
    posterior = np.tile(found.prior, (n_items, 1))
    posterior[voted] = found.posterior
    return replace(found, posterior=posterior)


def _fit(labels: NDArray[np.int16], n_codes: int, most_rounds: int, tolerance: float) -> DawidSkene:
    """`dawid_skene` of voters × items, each item with a vote."""
    n_voters, n_items = labels.shape
    blocks = _blocks(labels, n_codes)
    posterior = _start(labels, n_codes)
    before = -np.inf
    prior, confusion = np.full(n_codes, 1 / n_codes), np.zeros((n_voters, n_codes, n_codes))
    for number in range(1, most_rounds + 1):
        prior = posterior.mean(axis=1)
        confusion = _confusion([block.expected(posterior) for block in blocks.values()], n_codes)
        logs = np.log(np.maximum(confusion, LEAST))
        joint = np.repeat(np.log(np.maximum(prior, LEAST))[:, np.newaxis], n_items, axis=1)
        for first, block in blocks.items():
            block.add(joint, logs[first:])
        posterior, now = _normalised(joint)
        if abs(now - before) < tolerance * n_items:
            return DawidSkene(posterior.T, prior, confusion, now, number, converged=True)
        before = now
    return DawidSkene(posterior.T, prior, confusion, before, most_rounds, converged=False)


@dataclass(frozen=True)
class _Block:
    """A few voters whose votes on an item are together one number, so that one look into a table serves all of them.

    shape: of that table, an axis a voter: the codes, and last the missing vote. places: one an item.
    """

    shape: tuple[int, ...]
    places: NDArray[np.intp]

    @classmethod
    def of(cls, labels: NDArray[np.int16], n_codes: int) -> "_Block":
        places = np.zeros(labels.shape[1], dtype=np.intp)
        for own in labels:
            places *= n_codes + 1
            places += np.where(own == MISSING, n_codes, own)
        return cls((n_codes + 1,) * len(labels), places)

    def expected(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """Voters × true code × code given: the expected counts."""
        size = prod(self.shape)
        counts = np.stack([np.bincount(self.places, weights=chances, minlength=size) for chances in posterior])
        counts = counts.reshape(len(posterior), *self.shape)
        axes = range(1, counts.ndim)
        return np.stack([counts.sum(axis=tuple({*axes} - {axis}))[:, :-1] for axis in axes])

    def add(self, joint: NDArray[np.float64], logs: NDArray[np.float64]) -> None:
        """Add to the log of each true code's joint probability what these voters' votes say; in place."""
        said = np.pad(logs[: len(self.shape)], ((0, 0), (0, 0), (0, 1)))
        for code, own in enumerate(joint):
            table = np.zeros(())
            for voter in said[:, code]:
                table = table[..., np.newaxis] + voter
            own += table.reshape(-1)[self.places]


class _Sparse:
    """Voters that each voted on few of the items: a 1 for each vote, items × (voter, code)."""

    def __init__(self, labels: NDArray[np.int16], n_codes: int) -> None:
        from scipy.sparse import csr_array

        voted = labels.T != MISSING
        columns = (np.arange(len(labels), dtype=np.int32) * n_codes + labels.T)[voted]
        starts = np.concatenate([[0], np.cumsum(voted.sum(axis=1))])
        self.votes = csr_array((np.ones(len(columns)), columns, starts), shape=(len(voted), len(labels) * n_codes))
        self.transposed = self.votes.T.tocsr()

    def expected(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `_Block.expected`."""
        n_codes = len(posterior)
        return (self.transposed @ posterior.T).reshape(-1, n_codes, n_codes).transpose(0, 2, 1)

    def add(self, joint: NDArray[np.float64], logs: NDArray[np.float64]) -> None:
        """As `_Block.add`."""
        joint += (self.votes @ logs.transpose(0, 2, 1).reshape(-1, len(joint))).T


def _blocks(labels: NDArray[np.int16], n_codes: int) -> dict[int, _Block | _Sparse]:
    """Number of the first voter → voters, all of them in order."""
    n_voters = len(labels)
    if np.count_nonzero(labels != MISSING) * SPARSE < labels.size:
        return {0: _Sparse(labels, n_codes)}
    size = max(1, int(log(LARGEST_TABLE) / log(n_codes + 1)))
    return {first: _Block.of(labels[first : first + size], n_codes) for first in range(0, n_voters, size)}


def _start(labels: NDArray[np.int16], n_codes: int) -> NDArray[np.float64]:
    """Codes × items: each item's shares of votes."""
    counts = np.stack([how_often(labels, code) for code in range(n_codes)]).astype(np.float64)
    return counts / counts.sum(axis=0)


def _confusion(counts: list[NDArray[np.float64]], n_codes: int) -> NDArray[np.float64]:
    """Voters × true code × code given, from the expected counts."""
    table = np.concatenate(counts)
    totals = table.sum(axis=2, keepdims=True)
    return np.where(totals > 0, table / np.where(totals > 0, totals, 1), 1 / n_codes)


def _normalised(joint: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Posterior and log-likelihood from the log of the joint probabilities, codes × items."""
    highest = joint.max(axis=0)
    odds = np.exp(joint - highest)
    totals = odds.sum(axis=0)
    odds /= totals
    return odds, float((highest + np.log(totals)).sum())
