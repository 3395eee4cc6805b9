"""What the packages do of a whole panel, in a process that reads the tables of a workspace as `assay gate` does.

    python benchmarks/panel_peers.py WORKSPACE [leave-one-out]

Their parts are crowd-kit's majority vote (no threshold, no verdicts), statsmodels' Fleiss' κ (no interval) and
scikit-learn's Cohen's κ (no interval) for every pair. None of them does leave-one-out; with crowd-kit it is the
majority vote once more without each voter.
"""

import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from crowdkit.aggregation import MajorityVote
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa


def measured(labels: NDArray[np.int64], votes: pd.DataFrame) -> tuple[pd.Series, float, list[float]]:
    """labels: items × voters, −1 where a voter abstained. votes: task, worker, label, without abstentions."""
    counts = np.stack([(labels == code).sum(axis=1) for code in range(labels.max() + 1)], axis=1)
    # statsmodels knows no missing ratings: it gets the items that the most common number of voters answered.
    complete = counts[counts.sum(axis=1) == np.bincount(counts.sum(axis=1)).argmax()]
    return MajorityVote().fit_predict(votes), fleiss_kappa(complete), list(_pairs(labels))


def leave_one_out(votes: pd.DataFrame, labels: pd.Series) -> list[int]:
    """For each voter, on how many items the majority is another without it."""
    changes = []
    for voter in votes["worker"].unique():
        without = MajorityVote().fit_predict(votes[votes["worker"] != voter])
        changes.append(int((without.reindex(labels.index) != labels).sum()))
    return changes


def _pairs(labels: NDArray[np.int64]) -> Iterator[float]:
    for a, b in combinations(range(labels.shape[1]), 2):
        both = (labels[:, a] >= 0) & (labels[:, b] >= 0)
        yield cohen_kappa_score(labels[both, a], labels[both, b])


def read(workspace: Path) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """The votes in the two shapes that the packages want. The quickest way there; pandas' own takes longer."""
    parts = sorted(workspace.glob("tables/votes/*.parquet"))
    frames = [pl.read_parquet(part, columns=["segment_id", "voter", "label"]) for part in parts]
    labels = np.stack([frame["label"].to_numpy() for frame in frames], axis=1)
    valid = pl.concat(frames).filter(pl.col("label") >= 0)
    return labels, valid.select(task="segment_id", worker="voter", label="label").to_pandas()


def main() -> None:
    labels, votes = read(Path(sys.argv[1]))
    majority, _, _ = measured(labels, votes)
    if "leave-one-out" in sys.argv:
        leave_one_out(votes, majority)
    print(len(majority))


if __name__ == "__main__":
    main()
