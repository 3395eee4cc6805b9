"""Terms that are used like known signal words: their neighbours in the space of contexts."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.proposals.corpus import Corpus
from lexicon.proposals.rows import Proposal, proposals_frame

SOURCE = "neighbours"
MOST_TERMS = 20_000
"""Terms, the most frequent ones, that are looked at."""
MOST_OCCURRENCES = 500
"""Occurrences of a term that are looked at, spread evenly over the corpus."""
NEAREST = 5
"""Known signal words whose cosines make a term's score."""
DOUBT = 20.0
"""A cosine of a term with n different contexts counts n / (n + DOUBT) of its worth: few contexts agree by chance."""
LEAST = 0.05

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
_ROWS_AT_ONCE = 2_000


def propose_neighbours(corpus: Corpus) -> pl.DataFrame:
    """The proposals of this source: terms with a score of `LEAST` or more.

    Score: the mean of the cosines to the five nearest known signal words that occur ``min_messages`` times or more,
    each discounted for few contexts of either term; where fewer are known, of those. The reason names the nearest, and
    kind and category are that one's.
    """
    from lexicon.proposals.distribution import contexts, vectors

    chosen, tokens, first, end = _candidates(corpus)
    words, word_tokens, word_first, word_end = _signal_words(corpus)
    if not len(chosen) or not words:
        return proposals_frame(SOURCE, [], corpus.settings.limit)
    together = [np.concatenate(pair) for pair in ((first, word_first), (end, word_end))]
    rows = np.concatenate([tokens, word_tokens + len(chosen)])
    counted = contexts(corpus.units, rows, *together, n_terms=len(chosen) + len(words))
    placed, different = vectors(counted), np.diff(counted.indptr)
    scores, nearest = _scores(placed, different / (different + DOUBT), len(chosen))
    example = corpus.vocabulary.example()[chosen]
    entries = {row["term"]: row for row in corpus.known.entries.iter_rows(named=True)}
    found: list[Proposal] = []
    for place in np.flatnonzero(scores >= LEAST):
        term, word = corpus.units.text(int(corpus.vocabulary.keys[chosen[place]])), words[nearest[place]]
        cosine = float(placed[place] @ placed[len(chosen) + nearest[place]])
        reason = f"used like {word} (cosine {cosine:.2f}, {corpus.vocabulary.counts[chosen[place]]} occurrences)"
        quoted = corpus.quote(*corpus.units.place(int(example[place]), len(term)))
        suggested = entries[word]["kind"], entries[word]["category"]
        found.append(Proposal(term, reason, round(float(scores[place]), 4), *quoted, *suggested))
    fresh = [proposal for proposal in found if proposal.term not in corpus.known.terms]
    return proposals_frame(SOURCE, fresh, corpus.settings.limit)


def _candidates(corpus: Corpus) -> tuple[Integers, Integers, Integers, Integers]:
    """Terms that are looked at, as indices into the vocabulary; and of each occurrence the term's place among them,
    its first unit and one past its last."""
    terms = corpus.vocabulary
    whole = np.flatnonzero(terms.whole)
    chosen = np.sort(whole[np.argsort(-terms.counts[whole], kind="stable")][:MOST_TERMS])
    place = np.full(len(terms.keys), -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    told = np.flatnonzero(place[terms.tokens] >= 0)
    told = told[_spread(place[terms.tokens[told]])]
    tokens, first = place[terms.tokens[told]], terms.first[told]
    return chosen, tokens, first, first + terms.sizes[chosen[tokens]]


def _signal_words(corpus: Corpus) -> tuple[list[str], Integers, Integers, Integers]:
    """Known signal words that occur often enough; and of each occurrence the word's place, first unit, end."""
    found = corpus.signals.with_columns(first=corpus.spans[0], until=corpus.spans[1])
    common = found.filter(pl.col("row").n_unique().over("term") >= corpus.settings.min_messages).sort("term", "first")
    tokens = common["term"].rank("dense").cast(pl.Int64).to_numpy() - 1
    told = _spread(tokens)
    words = common["term"].unique(maintain_order=True).to_list()
    return words, tokens[told], common["first"].to_numpy()[told], common["until"].to_numpy()[told]


def _spread(tokens: Integers) -> Integers:
    """At most `MOST_OCCURRENCES` of each term's occurrences, evenly spread; tokens are sorted."""
    _, starts, counts = np.unique(tokens, return_index=True, return_counts=True)
    number = np.arange(len(tokens)) - np.repeat(starts, counts)
    size = np.repeat(counts, counts)
    kept = number * MOST_OCCURRENCES // np.maximum(size, 1)
    before = (number - 1) * MOST_OCCURRENCES // np.maximum(size, 1)
    return np.flatnonzero((size <= MOST_OCCURRENCES) | (kept != before))


def _scores(placed: Floats, trust: Floats, n_candidates: int) -> tuple[Floats, Integers]:
    """Of each candidate (the first rows) the score, and the place of the nearest signal word (the other rows).

    trust: of each row, what a cosine of it is worth.
    """
    words, word_trust = placed[n_candidates:], trust[n_candidates:]
    some = min(NEAREST, len(words))
    scores, nearest = np.zeros(n_candidates), np.zeros(n_candidates, np.int64)
    for start in range(0, n_candidates, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, n_candidates))
        discounted = np.round(placed[rows] @ words.T * trust[rows, None] * word_trust, 6)
        nearest[rows] = discounted.argmax(axis=1)
        scores[rows] = np.partition(discounted, -some, axis=1)[:, -some:].mean(axis=1)
    return scores, nearest
