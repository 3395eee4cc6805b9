"""What each voter of the panel changes: the verdicts without it, against the verdicts with it."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings
from consensus.gate import REASONS, Leaders, Rule, leaders

ACCEPTED = REASONS.index("accepted")


def leave_one_out(coded: CodedRatings, rule: Rule) -> pl.DataFrame:
    """One row a voter, in the order of ``coded.raters``: how many items get another silver label without it.

    Columns: voter; n_changed (items whose silver label differs, one that is gained or lost included); share (of all
    items, 0 to 1; null without items); n_lost (accepted with the voter and not without); n_gained (the reverse);
    n_relabelled (accepted both times, with another label). The threshold and the quorum stay what they are.

    Source: SuiChat-CN, appendix F.4: "removing any single voter changes the final silver label on at most 0.6 %".
    """
    labels = coded.by_rater()
    n_items = labels.shape[1]
    table = rule.tally(labels, coded.raters, len(coded.categories))
    different, place = _different(np.vstack([table, np.count_nonzero(labels != MISSING, axis=0)]))
    tallies, n_valid = different[:-1], different[-1]
    with_all = _silver(leaders(tallies), n_valid, rule)[place]
    rows = []
    without_weight: dict[int, NDArray[np.int64]] = {}
    for voter, own in zip(coded.raters, labels, strict=True):
        weight = rule.weights[voter]
        if weight not in without_weight:
            without_weight[weight] = _without(tallies, n_valid, weight, rule)
        without = without_weight[weight][own, place]
        lost = int(np.count_nonzero((with_all >= 0) & (without < 0)))
        gained = int(np.count_nonzero((with_all < 0) & (without >= 0)))
        changed = int(np.count_nonzero(with_all != without))
        rows.append((voter, changed, changed / n_items if n_items else None, lost, gained, changed - lost - gained))
    schema = {"voter": pl.String, "n_changed": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(
        rows, schema=schema | dict.fromkeys(("n_lost", "n_gained", "n_relabelled"), pl.Int64()), orient="row"
    )


def _different(columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The columns that differ, and for each column where it stands among them.

    A million items have a few ten thousand different tallies, and what a voter changes depends on nothing else.
    """
    key = np.zeros(columns.shape[1], dtype=np.int64)
    for row in columns:
        if row.size and (int(key.max()) + 1) * (int(row.max()) + 1) > 2**62:
            key = np.unique(key, return_inverse=True)[1]
            if (int(key.max()) + 1) * (int(row.max()) + 1) > 2**62:
                row = np.unique(row, return_inverse=True)[1]  # now both are below the number of columns
        key = key * (int(row.max(initial=0)) + 1) + row
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return columns[:, first], place


def _without(tallies: NDArray[np.int64], n_valid: NDArray[np.int64], weight: int, rule: Rule) -> NDArray[np.int64]:
    """(codes + 1) × tallies: the silver label once a voter of this weight is gone that chose the code; the last row,
    which −1 picks, is for one that abstained. Cells whose code that voter cannot have chosen mean nothing."""
    rows = []
    for code in range(len(tallies)):
        others = tallies.copy()
        others[code] = np.maximum(others[code] - weight, 0)
        rows.append(_silver(leaders(others), n_valid - 1, rule))
    return np.stack([*rows, _silver(leaders(tallies), n_valid, rule)])


def _silver(found: Leaders, n_valid: NDArray[np.int64], rule: Rule) -> NDArray[np.int64]:
    """The position of each item's silver label; −1 where it has none."""
    return np.where(rule.reasons(found, n_valid) == ACCEPTED, found.leader, MISSING)
