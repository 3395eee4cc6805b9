"""Terms that stand near known signal words more often than elsewhere: log-odds with an informative Dirichlet prior.

Monroe, Colaresi and Quinn (2008), *Fightin' Words*, Political Analysis 16(4), section 3.3.3 and 3.4.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.proposals.corpus import Corpus
from lexicon.proposals.rows import Proposal, proposals_frame

SOURCE = "log_odds"
PRIOR = 0.05
"""Size of the prior, as a share of all occurrences of terms: as if so many more had been said in either part, at the
rates of the whole corpus."""
LEAST = 1.645
"""Least z-score of a proposal: chance lifts one term in twenty so high."""

Floats = NDArray[np.float64]


def z_scores(near: Floats, rest: Floats, prior: float) -> Floats:
    """z of the difference of each term's log-odds in two parts of a corpus; positive: more often in the first part.

    near, rest: occurrences of each term in either part, of all terms. With y_w in a part of n terms, α_w = ``prior`` ·
    (term's share of both parts together) and α_0 = ``prior``: δ = ln((y_w + α_w) / (n + α_0 − y_w − α_w)) of one part
    minus that of the other, variance 1 / (y_w + α_w) of the one plus the other. A term in neither part has NaN, and
    so has every term when one part is empty or there is but one term.
    """
    total = near + rest
    pseudo = prior * total / max(float(total.sum()), 1.0)
    if not near.sum() or not rest.sum() or len(total) < 2:
        return np.full(len(total), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = ((np.log(y + pseudo) - np.log(y.sum() + prior - y - pseudo)) for y in (near, rest))
        return (one - other) / np.sqrt(1 / (near + pseudo) + 1 / (rest + pseudo))


def propose_log_odds(corpus: Corpus) -> pl.DataFrame:
    """The proposals of this source: terms that could be words with a z of `LEAST` or more.

    Every occurrence counts but those that a known signal word covers. Fragments of words count as terms, too, and are
    not proposed.
    """
    terms = corpus.vocabulary
    close = corpus.near[corpus.units.rows[terms.first]]
    near = np.bincount(terms.tokens[close], minlength=len(terms.keys)).astype(np.float64)
    scores, example = z_scores(near, terms.counts - near, PRIOR * terms.counts.sum()), terms.example(close)
    found: list[Proposal] = []
    for place in np.flatnonzero(terms.whole & (scores >= LEAST)):
        term, score = corpus.units.text(int(terms.keys[place])), float(scores[place])
        reason = (
            f"{int(near[place])} of {terms.counts[place]} occurrences are in messages within {corpus.settings.near} of "
            f"a known signal word, where {near.sum() / terms.counts.sum():.0%} of all terms are (z = {score:.2f})"
        )
        quoted = corpus.quote(*corpus.units.place(int(example[place]), len(term)))
        found.append(Proposal(term, reason, round(score, 4), *quoted))
    fresh = [proposal for proposal in found if proposal.term not in corpus.known.terms]
    return proposals_frame(SOURCE, fresh, corpus.settings.limit)
