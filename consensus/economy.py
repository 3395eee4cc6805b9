"""Stopping early, exactly: when can no vote that is still to come change a verdict?"""

from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import CodedRatings
from consensus.gate import Leaders, Rule, code_votes, leaders
from core.setting_tables.voting import GateSettings, Voter


def settled(
    found: Leaders,
    n_valid: NDArray[np.int64],
    pending_weight: NDArray[np.int64],
    n_pending: NDArray[np.int64],
    rule: Rule,
) -> NDArray[np.bool_]:
    """Whether each item's verdict stands whatever the pending voters do: vote for any label, or abstain.

    found: who leads by the votes so far; n_valid: those that are no abstentions; pending_weight, n_pending: of the
    voters still to come. Exact, in whole numbers. With W_1 and W_2 the weights of the leader and the runner-up, V that
    of all labels, R and u the weight and number of the pending voters, n the valid votes so far, p/q the threshold and
    Q the quorum, it stands as

    - accepted, when even R more weight on another label changes nothing: W_1·q ≥ p·(V + R), W_1 > W_2 + R and n ≥ Q;
    - no consensus, when even R more weight on the leader is not enough: (W_1 + R)·q < p·(V + R), or W_1 + R = W_2 with
      R = 0 (a tie that nobody can break), while n ≥ max(1, Q) holds already;
    - below quorum, when n ≥ 1 and n + u < Q.

    A share grows when the same weight is added to its part and its whole, so the leader's best case is that all pending
    voters choose it, and no other label can do better; its worst is that all choose the runner-up. That all pending
    voters abstain is one of the cases, so the gate gives the standing verdict from the votes so far.
    """
    p, q = rule.threshold.numerator, rule.threshold.denominator
    all_weight, most = found.valid + pending_weight, found.best + pending_weight
    enough = n_valid >= max(1, rule.quorum)
    accepted = (found.best * q >= p * all_weight) & (found.best > found.second + pending_weight)
    no_consensus = (most * q < p * all_weight) | (most <= found.second)
    below_quorum = (n_valid >= 1) & (n_valid + n_pending < rule.quorum)
    return (enough & (accepted | no_consensus)) | below_quorum


def n_open(coded: CodedRatings | None, cast: CodedRatings | None, rule: Rule, n_segments: int) -> int:
    """How many verdicts on a variable a vote that was not cast could change.

    coded: None where nobody voted. cast: as in `consensus.panel_votes.PanelVotes`; None where its voters voted on all
    of its items.
    """
    if coded is None:
        return n_segments
    weight, n = np.zeros(len(coded.items), dtype=np.int64), np.zeros(len(coded.items), dtype=np.int64)
    for place, voter in enumerate(coded.raters):
        there = 1 if cast is None else (cast.by_rater()[place] >= 0)
        weight += rule.weights[voter] * there
        n += there
    return n_segments - int(np.count_nonzero(_stands(coded, weight, n, rule)))


def _stands(coded: CodedRatings, weight: NDArray[np.int64], n: NDArray[np.int64], rule: Rule) -> NDArray[np.bool_]:
    """`settled` for the items of ``coded``; weight, n: of the voters that voted on each, abstentions included."""
    labels = coded.by_rater()
    found = leaders(rule.tally(labels, coded.raters, len(coded.categories)))
    n_valid = np.count_nonzero(labels >= 0, axis=0)
    left, n_left = sum(rule.weights.values()) - weight, rule.n_panel - n
    # Where nobody is to come, a verdict stands: also that on an item on which all abstained.
    return (n_left == 0) | settled(found, n_valid, left, n_left, rule)


def still_open(
    votes: pl.DataFrame, ballots: Collection[tuple[str, str]], panel: Sequence[Voter], gate: GateSettings
) -> set[tuple[str, str]]:
    """The ballots (segment_id, variable) whose verdict a vote that was not cast yet could change.

    votes: segment_id, voter, variable, label (−1: abstained) of voters of the panel; a failed vote is none, so that its
    voter is still to come. Key (segment_id, voter, variable).
    """
    weights_of = {voter.name: voter.weight for voter in panel}
    closed: set[tuple[str, str]] = set()
    for variable, coded in code_votes(votes).items():
        rule = Rule.of(weights_of, gate.threshold_for(variable), gate.quorum, len(panel))
        cast = votes.filter(pl.col("variable") == variable)
        weights = cast["voter"].replace_strict(dict(rule.weights), return_dtype=pl.Int64)
        asked = cast.select("segment_id", weight=weights).group_by("segment_id").agg(pl.col("weight").sum(), n=pl.len())
        asked = coded.items.alias("segment_id").to_frame().join(asked, on="segment_id", maintain_order="left")
        stands = _stands(coded, asked["weight"].to_numpy(), asked["n"].to_numpy().astype(np.int64), rule)
        closed |= {(segment_id, variable) for segment_id in coded.items.filter(pl.Series(stands))}
    return set(ballots) - closed
