"""Stopping early, exactly: when can no vote that is still to come change a verdict?"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.gate import Leaders, Rule, code_votes, leaders
from core.setting_tables.voting import GateSettings, Voter

OPEN, ACCEPTED, NO_CONSENSUS, BELOW_QUORUM = "open", "accepted", "no_consensus", "below_quorum"


def settled(votes: Mapping[str, int | None], pending: Sequence[str], rule: Rule) -> str:
    """Whether one item's verdict stands whatever the ``pending`` voters do: vote for any label, or abstain.

    votes: voter → label (None: it abstained) of those that were asked. Returns the reason that the full panel will give
    (``accepted``, with the label that leads now; ``no_consensus``; ``below_quorum``), or ``open``.

    Exact, in whole numbers. With W_c the weight of label c, V that of all labels, R and u the weight and number of the
    pending voters, n the valid votes so far, p/q the threshold and Q the quorum:

    - accepted, when even R more weight on another label changes nothing: W_1·q ≥ p·(V + R), W_1 > W_2 + R and n ≥ Q;
    - no consensus, when even R more weight on the leader is not enough: (W_1 + R)·q < p·(V + R), or W_1 + R = W_2 with
      R = 0 (a tie that nobody can break), while n ≥ max(1, Q) holds already;
    - below quorum, when n ≥ 1 and n + u < Q.

    A share grows when the same weight is added to its part and its whole, so the leader's best case is that all pending
    voters choose it, and no other label can do better; its worst is that all choose the runner-up.
    """
    labels = sorted({label for label in votes.values() if label is not None})
    table = np.zeros((max(len(labels), 1), 1), dtype=np.int64)
    for voter, label in votes.items():
        if label is not None:
            table[labels.index(label), 0] += rule.weights[voter]
    n_valid = np.array([sum(label is not None for label in votes.values())])
    pending_weight = np.array([sum(rule.weights[voter] for voter in pending)])
    found = settled_items(leaders(table), n_valid, pending_weight, np.array([len(pending)]), rule)
    return (OPEN, ACCEPTED, NO_CONSENSUS, BELOW_QUORUM)[int(found[0])]


def settled_items(
    found: Leaders,
    n_valid: NDArray[np.int64],
    pending_weight: NDArray[np.int64],
    n_pending: NDArray[np.int64],
    rule: Rule,
) -> NDArray[np.int64]:
    """`settled` for many items at once: 0 open, 1 accepted, 2 no consensus, 3 below quorum."""
    p, q = rule.threshold.numerator, rule.threshold.denominator
    all_weight = found.valid + pending_weight
    quorum = max(1, rule.quorum)
    stands = (found.best * q >= p * all_weight) & (found.best > found.second + pending_weight) & (n_valid >= quorum)
    most = found.best + pending_weight
    cannot = (most * q < p * all_weight) | (most <= found.second)
    return np.select(
        [stands, cannot & (n_valid >= quorum), (n_valid >= 1) & (n_valid + n_pending < rule.quorum)], [1, 2, 3], 0
    )


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
        table = rule.tally(coded.by_rater(), coded.raters, len(coded.categories))
        table = table if len(table) else np.zeros((1, len(coded.items)), dtype=np.int64)
        n_valid = np.count_nonzero(coded.by_rater() >= 0, axis=0)
        weight_left = sum(rule.weights.values()) - asked["weight"].to_numpy()
        n_left = len(panel) - asked["n"].to_numpy().astype(np.int64)
        settled_now = settled_items(leaders(table), n_valid, weight_left, n_left, rule) > 0
        closed |= {(segment_id, variable) for segment_id in coded.items.filter(pl.Series(settled_now))}
    return set(ballots) - closed
