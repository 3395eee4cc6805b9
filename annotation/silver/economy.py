"""Asking no more voters than a verdict needs: who is asked first, and what is left to ask.

Everybody votes on the full share. On the other segments the voters take turns, those first whose weight is had most
cheaply: what is left unknown of a verdict is the weight that has not voted. Each is asked only what no earlier vote has
settled.
"""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import polars as pl

from annotation.silver.ballots import Ballot
from core.setting_tables.voting import Voter
from core.settings import Settings

StillOpen = Callable[[pl.DataFrame, Collection[Ballot]], set[Ballot]]
"""(votes that did not fail: segment_id, voter, variable, label; ballots) → those whose verdict is not settled yet."""
PROMPT_TO_REPLY = 10
"""A prompt is taken to have this many times the tokens of its reply."""


def saving_under(settings: Settings) -> dict[str, Any]:
    """What votes were saved under, for the recipe of a voter's table: the full share, and the rule of the verdicts.

    Under another rule other votes are needed.
    """
    return {"share": settings.vote.full_share, "seed": settings.vote.seed, **settings.verdict_rule}


def cost(voter: Voter) -> float:
    """What a request costs, to compare voters by: an embedded or replayed one nothing; unpriced ones 1 a token."""
    if not voter.asks_a_model:
        return 0.0
    a_million = 1e6
    money = voter.money_for(PROMPT_TO_REPLY * a_million, a_million)
    return PROMPT_TO_REPLY + 1.0 if money is None else money


def asking_order(panel: Sequence[Voter], votes: pl.DataFrame) -> list[Voter]:
    """The panel by cost a unit of weight, then the heaviest first, then by agreement, then as the settings have them.

    votes: those on the full share. Agreement is the share of its ballots on which a voter gave the label that weighs
    most among the others; abstentions and ties count against it.
    """
    known = {voter.name: _agreement(voter, panel, votes) for voter in panel}
    return sorted(panel, key=lambda one: (cost(one) / float(one.weight), -one.weight, -known[one.name]))


def _agreement(voter: Voter, panel: Sequence[Voter], votes: pl.DataFrame) -> Fraction:
    # In whole numbers, so that ties are ties.
    scale = lcm(*(other.weight.denominator for other in panel))
    weights = pl.DataFrame(
        {"voter": [other.name for other in panel], "weight": [int(other.weight * scale) for other in panel]}
    )
    ballot = ["segment_id", "variable"]
    own = votes.filter(pl.col("voter") == voter.name)
    if own.is_empty():
        return Fraction(0)
    tally = (
        votes.filter(pl.col("voter") != voter.name, pl.col("label") >= 0)
        .join(weights, on="voter")
        .group_by([*ballot, "label"])
        .agg(pl.col("weight").sum())
    )
    leading = tally.filter(pl.col("weight") == pl.col("weight").max().over(ballot))
    clear = leading.filter(pl.len().over(ballot) == 1)
    agreed = own.join(clear, on=[*ballot, "label"], how="semi").height
    return Fraction(agreed, own.height)
