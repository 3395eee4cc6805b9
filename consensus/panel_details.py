"""What a panel's votes on one variable tell beyond the verdicts: pairs, single voters, thin items, other methods."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from consensus.against_gold import AgainstGold
from consensus.alternatives import alternatives, differences
from consensus.calibration import LEAST_GOLD, Calibrated
from consensus.cohen import PairKappa, pairwise_from_codes
from consensus.counts import CodedRatings
from consensus.gate import Rule
from consensus.gold_sample import effective_size
from consensus.independence import EffectiveVoters, effective_voters
from consensus.leave_one_out import leave_one_out

LEAST_ERRORS = 10
"""Errors a voter, in the mean, that correlations of errors are told from: of fewer they are mostly chance."""


@dataclass(frozen=True)
class PanelDetails:
    """One rating variable.

    cohen_kappa: every pair of voters. without: `leave_one_out`. effective: with what its errors were measured by
    (``errors_against``: gold, weighted to all items, else silver). thin: `thin_items`. others: `differences`.
    calibrated: how the calibrated pool was fitted; None where gold does not suffice. dawid_skene_converged: False where
    its row of ``others`` is not final. against_gold: None without gold.
    """

    cohen_kappa: list[PairKappa]
    without: pl.DataFrame
    effective: EffectiveVoters
    errors_against: str
    thin: pl.DataFrame
    others: pl.DataFrame
    calibrated: Calibrated | None
    dawid_skene_converged: bool
    against_gold: AgainstGold | None

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; frames as lists of rows; of the fit everything but the posterior."""
        fitted = None
        if self.calibrated is not None:
            fitted = {key: value for key, value in vars(self.calibrated).items() if key != "posterior"}
        return {
            "cohen_kappa": [pair.as_json() for pair in self.cohen_kappa],
            "without": self.without.to_dicts(),
            "effective_voters": {**self.effective.as_json(), "errors_against": self.errors_against},
            "valid_votes": self.thin.to_dicts(),
            "other_methods": self.others.to_dicts(),
            "calibrated": fitted,
            "dawid_skene_converged": self.dawid_skene_converged,
            "against_gold": self.against_gold.as_json() if self.against_gold else None,
        }


def panel_details(
    coded: CodedRatings,
    verdicts: pl.DataFrame,
    rule: Rule,
    gold: pl.DataFrame,
    against: AgainstGold | None = None,
) -> PanelDetails:
    """Everything about the votes on one variable.

    verdicts: its rows of the table. gold: as `consensus.gold_sample.gold_sample` gives it, may be empty. Voters' errors
    are counted against gold, weighted to all items, once that tells as much as 30 items drawn from all would and the
    voters have `LEAST_ERRORS` there; else against silver, which their own votes made: then the panel looks more
    independent than it is.
    """
    effective, errors_against = _effective(coded, verdicts, gold)
    found = alternatives(coded, rule, dict(gold.select("item", "label").iter_rows()))
    told = differences(verdicts, found.labels)
    return PanelDetails(
        cohen_kappa=pairwise_from_codes(coded),
        without=leave_one_out(coded, rule),
        effective=effective,
        errors_against=errors_against,
        thin=thin_items(verdicts),
        others=told if found.calibrated else told.filter(pl.col("method") != "calibrated"),
        calibrated=found.calibrated,
        dawid_skene_converged=found.dawid_skene_converged,
        against_gold=against,
    )


def _effective(coded: CodedRatings, verdicts: pl.DataFrame, gold: pl.DataFrame) -> tuple[EffectiveVoters, str]:
    if effective_size(gold) >= LEAST_GOLD:
        by_gold = effective_voters(coded, gold.drop_nulls("weight"))
        if by_gold.mean_errors is not None and by_gold.mean_errors >= LEAST_ERRORS:
            return by_gold, "gold"
    return effective_voters(coded, verdicts.select("label", item="segment_id")), "silver"


def thin_items(verdicts: pl.DataFrame) -> pl.DataFrame:
    """How many voters the verdicts rest on: one row a number of valid votes, ascending.

    Columns: n_valid; n_items; n_accepted; share_accepted (0 to 1). A label that few voters gave is thin evidence even
    where ρ is 1.
    """
    return (
        verdicts.group_by("n_valid")
        .agg(n_items=pl.len().cast(pl.Int64), n_accepted=pl.col("accepted").sum().cast(pl.Int64))
        .with_columns(share_accepted=pl.col("n_accepted") / pl.col("n_items"))
        .sort("n_valid")
    )
