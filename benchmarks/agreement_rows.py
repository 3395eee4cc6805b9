"""Agreement and the gate, against statsmodels, krippendorff and crowd-kit on the same ratings."""

from collections.abc import Iterator
from fractions import Fraction

import krippendorff
import numpy as np
import polars as pl
from comparison import Row
from crowdkit.aggregation import MajorityVote
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss

from consensus.fleiss import fleiss_kappa
from consensus.gate import gate
from consensus.krippendorff_alpha import krippendorff_alpha

N_ITEMS, N_RATERS, N_LABELS = 50_000, 17, 6


def rows() -> Iterator[Row]:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, N_LABELS, N_ITEMS)
    noise = rng.random((N_ITEMS, N_RATERS)) < 0.4
    labels = np.where(noise, rng.integers(0, N_LABELS, (N_ITEMS, N_RATERS)), truth[:, None])
    counts = np.stack([(labels == code).sum(axis=1) for code in range(N_LABELS)], axis=1).astype(np.int64)
    size = f"{N_ITEMS:,} items × {N_RATERS} raters"
    yield Row(
        f"Fleiss' κ with interval: {size}",
        "statsmodels, no interval",
        lambda: fleiss_kappa(counts),
        lambda: their_fleiss(counts),
        3,
    )
    yield Row(
        f"Krippendorff's α ordinal with interval: {size}",
        "krippendorff, no interval",
        lambda: krippendorff_alpha(counts, list(range(N_LABELS)), "ordinal"),
        lambda: krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal"),
        3,
    )
    votes = pl.DataFrame(
        {
            "segment_id": np.repeat([f"s{n:06}" for n in range(N_ITEMS)], N_RATERS),
            "voter": np.tile([f"v{n:02}" for n in range(N_RATERS)], N_ITEMS),
            "variable": "risk",
            "label": labels.ravel(),
        }
    )
    theirs = votes.rename({"segment_id": "task", "voter": "worker"}).select("task", "worker", "label").to_pandas()
    weights = {f"v{n:02}": Fraction(1) for n in range(N_RATERS)}
    yield Row(
        f"gate: {size}",
        "crowd-kit majority vote",
        lambda: gate(votes, weights=weights, threshold=Fraction(2, 3), n_panel=N_RATERS),
        lambda: MajorityVote().fit_predict(theirs),
        2,
    )
