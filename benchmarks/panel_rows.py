"""A whole panel: gate, verdicts, Fleiss' κ, all pairs and leave-one-out, against the packages that do parts of it.

Their parts are crowd-kit's majority vote (no threshold, no verdicts), statsmodels' Fleiss' κ (no interval) and
scikit-learn's Cohen's κ (no interval) for the 136 pairs; nobody does leave-one-out.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
import polars as pl
from crowdkit.aggregation import DawidSkene, MajorityVote
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss

from consensus.cohen import pairwise_from_codes
from consensus.counts import code_ratings
from consensus.dawid_skene import dawid_skene
from consensus.fleiss import fleiss_kappa
from consensus.gate import Rule, code_votes, judge
from consensus.leave_one_out import leave_one_out

N_VOTERS, N_LABELS = 17, 6
VOTERS = [f"v{number:02}" for number in range(N_VOTERS)]
Measured = tuple[str, str, Callable[[], object], Callable[[], object], int]


def rows() -> Iterator[Measured]:
    yield from _rows(50_000, "panel")


def rows_on_request() -> Iterator[Measured]:
    """Minutes of the other packages."""
    yield from _rows(1_000_000, "many: panel")


def _rows(n_items: int, what: str) -> Iterator[Measured]:
    labels, votes = panel(n_items)
    size = f"{n_items:,} items × {N_VOTERS} voters"
    theirs = votes.filter(pl.col("label") >= 0).select(task="segment_id", worker="voter", label="label").to_pandas()
    yield (
        f"{what}, {size}, gate, Fleiss' κ, 136 pairs, leave-one-out",
        "crowd-kit + statsmodels + scikit-learn",
        lambda: ours(votes),
        lambda: peers(labels, theirs),
        1,
    )
    coded = code_ratings(votes.select(item="segment_id", rater="voter", label="label"))
    yield (
        f"{what}, {size}, Dawid–Skene",
        "crowd-kit",
        lambda: dawid_skene(coded),
        lambda: DawidSkene(n_iter=100).fit(theirs),
        1,
    )


def panel(n_items: int) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Votes of voters of different quality, 13 % abstentions: items × voters, and as a table, voter by voter."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, N_LABELS, n_items)
    right = rng.random((n_items, N_VOTERS)) < rng.uniform(0.3, 0.8, N_VOTERS)
    labels = np.where(right, truth[:, None], rng.integers(0, N_LABELS, (n_items, N_VOTERS)))
    labels[rng.random(labels.shape) < 0.13] = -1
    items = pl.Series("segment_id", [f"{number:016x}" for number in range(n_items)])
    frames = [
        pl.DataFrame({"segment_id": items, "label": labels[:, number]}).with_columns(voter=pl.lit(voter))
        for number, voter in enumerate(VOTERS)
    ]
    return labels, pl.concat(frames).with_columns(variable=pl.lit("risk"))


def ours(votes: pl.DataFrame) -> object:
    coded = code_votes(votes)["risk"]
    rule = Rule.of(dict.fromkeys(VOTERS, Fraction(1)), Fraction(2, 3), None, N_VOTERS)
    return (
        judge(coded, "risk", rule),
        fleiss_kappa(coded.counts()),
        pairwise_from_codes(coded),
        leave_one_out(coded, rule),
    )


def peers(labels: NDArray[np.int64], votes: object) -> object:
    counts = np.stack([(labels == code).sum(axis=1) for code in range(N_LABELS)], axis=1)
    complete = counts[counts.sum(axis=1) == np.bincount(counts.sum(axis=1)).argmax()]
    pairs = []
    for a, b in combinations(range(N_VOTERS), 2):
        both = (labels[:, a] >= 0) & (labels[:, b] >= 0)
        pairs.append(cohen_kappa_score(labels[both, a], labels[both, b]))
    # statsmodels knows no missing ratings: it gets the items that the most common number of voters answered.
    return MajorityVote().fit_predict(votes), their_fleiss(complete), pairs
