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
    n_valid = np.count_nonzero(labels != MISSING, axis=0)
    with_all = _silver(leaders(table), n_valid, rule)
    rows = []
    for voter, own in zip(coded.raters, labels, strict=True):
        others = table.copy()
        for code in range(len(table)):
            others[code] -= rule.weights[voter] * (own == code)
        without = _silver(leaders(others), n_valid - (own != MISSING), rule)
        lost, gained = (with_all >= 0) & (without < 0), (with_all < 0) & (without >= 0)
        changed = int(np.count_nonzero(with_all != without))
        counts = changed, int(lost.sum()), int(gained.sum())
        share = changed / n_items if n_items else None
        rows.append((voter, changed, share, counts[1], counts[2], changed - counts[1] - counts[2]))
    schema = {"voter": pl.String, "n_changed": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(
        rows, schema=schema | dict.fromkeys(("n_lost", "n_gained", "n_relabelled"), pl.Int64()), orient="row"
    )


def _silver(found: Leaders, n_valid: NDArray[np.int64], rule: Rule) -> NDArray[np.int64]:
    """The position of each item's silver label; −1 where it has none."""
    return np.where(rule.reasons(found, n_valid) == ACCEPTED, found.leader, MISSING)
