"""Which terms are used alike: contexts → positive pointwise mutual information → truncated SVD.

Levy, Goldberg and Dagan (2015), *Improving Distributional Similarity with Lessons Learned from Word Embeddings*,
TACL 3: contexts smoothed by the power 0.75, no shift, singular values to the power 0.5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexicon.proposals.units import Units

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Sparse = Any
"""A matrix of scipy.sparse, which has no types of its own."""

REACH = 5
"""Units before and behind an occurrence that count as its context."""
MOST_CONTEXTS = 5_000
"""Units, the most frequent ones, that are told apart in a context; and as many pairs on either side."""
DIMENSIONS = 100
_SMOOTHING = 0.75
_ROOT = 0.5
_BREAK, _RARE = 0, 1


def contexts(units: Units, terms: Integers, first: Integers, end: Integers, n_terms: int) -> Sparse:
    """How often each context stands around each term: a matrix of n_terms rows.

    terms: row of each occurrence; first, end: its units, end exclusive. Contexts are: the unit right before; the pair
    right before; the same behind; and any unit within `REACH` on either side. A context never goes across a break, so
    a term that is the whole message has none.
    """
    from scipy.sparse import csr_matrix, hstack

    table = _frequent_units(units.codes)
    padding = np.full(REACH, _BREAK, np.int64)
    place = np.concatenate([padding, table[units.codes], padding])
    width = int(table.max(initial=_RARE)) + 1
    blocks: list[Sparse] = []
    bag = csr_matrix((n_terms, width))
    steps = np.arange(REACH)
    for side in ((first + REACH - 1)[:, None] - steps, (end + REACH)[:, None] + steps):
        seen = place[side]
        reached = np.cumsum(seen == _BREAK, axis=1) == 0
        by_step = [_counted(terms[told], seen[told, step], n_terms, width) for step, told in enumerate(reached.T)]
        two = reached[:, 1]
        blocks += [by_step[0], _pairs(terms[two], seen[two, 0] * width + seen[two, 1], n_terms)]
        bag = sum(by_step, bag)
    return hstack([*blocks, bag], format="csr")


def _frequent_units(codes: NDArray[np.int32]) -> Integers:
    """Code → number of the unit as a context: 0 a break, 1 any rare unit; negative codes count from the end."""
    different, counts = np.unique(codes, return_counts=True)
    common = different[np.lexsort((different, -counts))]
    common = common[common != 0][:MOST_CONTEXTS]
    most, least = int(max(different.max(initial=0), 0)), int(min(different.min(initial=0), 0))
    table = np.full(most - least + 1, _RARE, np.int64)
    table[common] = np.arange(len(common)) + _RARE + 1
    table[0] = _BREAK
    return table


def _pairs(terms: Integers, pairs: Integers, n_terms: int) -> Sparse:
    """Counts of the most frequent pairs."""
    different, which, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    common = np.lexsort((different, -counts))[:MOST_CONTEXTS]
    column = np.full(len(different), -1, np.int64)
    column[common] = np.arange(len(common))
    told = column[which] >= 0
    return _counted(terms[told], column[which[told]], n_terms, len(common))


def _counted(rows: Integers, columns: Integers, height: int, width: int) -> Sparse:
    from scipy.sparse import coo_matrix

    return coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(height, width)).tocsr()


def vectors(counts: Sparse) -> Floats:
    """A unit vector for each row (without contexts: zeros): PPMI, then SVD to `DIMENSIONS` where there are more."""
    weights = ppmi(counts)
    if min(weights.shape) > DIMENSIONS + 1 and weights.nnz:
        from scipy.sparse.linalg import svds

        start = np.ones(min(weights.shape))  # ARPACK draws its start at random otherwise
        found: Any = svds(weights, k=DIMENSIONS, v0=start, solver="arpack")
        dense = found[0] * found[1] ** _ROOT
    else:
        dense = weights.toarray()
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.divide(dense, length, out=np.zeros_like(dense), where=length > 1e-9)


def ppmi(counts: Sparse) -> Sparse:
    """max(0, ln(p(t, c) / (p(t) p(c)))), where p(c) is taken from the counts of contexts to the power 0.75."""
    found = counts.tocoo()
    of_term = np.asarray(counts.sum(axis=1)).ravel()
    of_context = np.asarray(counts.sum(axis=0)).ravel() ** _SMOOTHING
    share = of_context[found.col] / max(float(of_context.sum()), 1e-300)
    found.data = np.maximum(np.log(found.data / (of_term[found.row] * share)), 0.0)
    kept = found.tocsr()
    kept.eliminate_zeros()
    return kept
