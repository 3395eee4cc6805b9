"""How the panel of voters behaved, how firm its silver labels are, and how they compare with gold.

Pure functions over frames in the shape of the tables ``votes``, ``verdicts`` and ``gold``, one rating variable at a
time. What is undefined is null, never NaN. Tables and figures named are those of SuiChat-CN, appendix F.
"""

from collections.abc import Sequence
from math import fsum
from statistics import fmean, median

import polars as pl

from consensus.cohen import PairKappa
from core.errors import DataError

NO_ANSWER = "failed"
"""The status of a vote that never came; ``unparsed`` and ``refused`` are answers without a label: abstentions."""


def voter_table(votes: pl.DataFrame, verdicts: pl.DataFrame, variable: str) -> pl.DataFrame:
    """One row a voter, sorted by name: what it answered and how often it is right by the panel's own measure.

    Columns: voter; n_items (items it was asked about); coverage (share, 0 to 1, of the items that anybody in the panel
    was asked about for which it gave a label); abstained (items on which its answer held no label: refused or
    unparsed); failed (items on which no answer came); agreement (share, 0 to 1, of its labels on accepted items that
    equal the silver label; abstentions are outside; null where it labelled no accepted item).

    Source: SuiChat-CN, Table 15.
    """
    mine = votes.filter(pl.col("variable") == variable)
    asked = mine["segment_id"].n_unique()
    answered, failed = pl.col("label") >= 0, pl.col("status") == NO_ANSWER
    counts = mine.group_by("voter").agg(
        pl.len().cast(pl.Int64).alias("n_items"),
        (answered.sum() / asked).alias("coverage"),
        (~answered & ~failed).sum().cast(pl.Int64).alias("abstained"),
        failed.sum().cast(pl.Int64).alias("failed"),
    )
    decided = pl.col("agrees") + pl.col("disagrees")
    agreement = pl.when(decided > 0).then(pl.col("agrees") / decided).alias("agreement")
    outcomes = voter_outcomes(votes, verdicts, variable).select("voter", agreement)
    return counts.join(outcomes, on="voter").sort("voter")


def voter_outcomes(votes: pl.DataFrame, verdicts: pl.DataFrame, variable: str) -> pl.DataFrame:
    """One row a voter, sorted by name: what it did on the accepted items, measured by their silver labels.

    Columns: voter, agrees, disagrees, abstains, no_answer: counts that add up to the accepted items with any vote among
    ``votes``. no_answer: asking failed, or the voter was never asked. Source: SuiChat-CN, Figure 12, which has no
    failures.
    """
    mine = votes.filter(pl.col("variable") == variable)
    silver = verdicts.filter(pl.col("accepted") & (pl.col("variable") == variable))
    silver = silver.join(mine, on="segment_id", how="semi")
    answered = mine.filter(pl.col("status") != NO_ANSWER)
    answered = answered.join(silver.select("segment_id", silver="label"), on="segment_id")
    same, labelled = pl.col("label") == pl.col("silver"), pl.col("label") >= 0
    outcomes = {"agrees": same, "disagrees": labelled & ~same, "abstains": ~labelled}
    counts = answered.group_by("voter").agg(one.sum().cast(pl.Int64).alias(name) for name, one in outcomes.items())
    return (
        mine.select(pl.col("voter").unique())
        .join(counts, on="voter", how="left")
        .with_columns(pl.col(*outcomes).fill_null(0))
        .with_columns(no_answer=silver.height - pl.sum_horizontal(*outcomes))
        .sort("voter")
    )


def label_table(verdicts: pl.DataFrame, variable: str, codes: Sequence[int]) -> pl.DataFrame:
    """One row a code, in the order of ``codes``, and a last one (label null) for the items without a silver label.

    Columns: label; n (items); share (of all items of the variable, 0 to 1); mean_rho and median_rho (over the row's
    items that have a ρ; in the last row those below the threshold, so not those that a quorum holds back although their
    few votes agree); share_rho_07 and share_rho_09 (share of the row's items with ρ ≥ 0.7 and ρ ≥ 0.9); unanimous
    (share of the row's items on which every voter that did not abstain voted for the label, which is to say that the
    verdict has no runner-up). The last three are null in the last row, and all but n and share in a row without items.
    Raises DataError for a silver label outside ``codes``. Source: SuiChat-CN, Table 16.
    """
    mine = verdicts.filter(pl.col("variable") == variable)
    _refuse_unknown(mine["label"], codes, f"verdicts on {variable!r}", "gate")
    rows = [_label_row(mine.filter(pl.col("label") == code), code, mine.height) for code in codes]
    rows.append(_label_row(mine.filter(pl.col("label").is_null()), None, mine.height))
    return pl.DataFrame(
        rows,
        schema={"label": pl.Int64, "n": pl.Int64}
        | dict.fromkeys(("share", "mean_rho", "median_rho", "share_rho_07", "share_rho_09", "unanimous"), pl.Float64()),
        orient="row",
    )


def _label_row(chosen: pl.DataFrame, code: int | None, n_items: int) -> tuple[float | None, ...]:
    counted = chosen if code is not None else chosen.filter(pl.col("reason") == "no_consensus")
    rhos = counted["rho"].drop_nulls().to_list()
    share = _share(chosen.height, n_items)
    middle = (fmean(rhos), median(rhos)) if rhos else (None, None)
    if code is None:
        return (code, chosen.height, share, *middle, None, None, None)
    # ρ is one correctly rounded division, so 7 votes of 10 give the very float that 0.7 is.
    firm = [_share(sum(rho >= least for rho in rhos), len(rhos)) for least in (0.7, 0.9)]
    unanimous = _share(chosen["runner_up"].null_count(), chosen.height)
    return (code, chosen.height, share, *middle, *firm, unanimous)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def silver_against_gold(
    verdicts: pl.DataFrame, gold: pl.DataFrame, variable: str, codes: Sequence[int]
) -> pl.DataFrame:
    """Counts of items by what the panel and what people said: the whole grid, zeros included.

    Columns: silver (null: the panel reached no consensus), gold, n; key (silver, gold), in the order of ``codes`` with
    null last. Gold on segments without a verdict is left out. Raises DataError for a label outside ``codes``.
    """
    silver = verdicts.filter(pl.col("variable") == variable).select("segment_id", silver="label")
    people = gold.filter(pl.col("variable") == variable).select("segment_id", gold="label")
    _refuse_unknown(silver["silver"], codes, f"verdicts on {variable!r}", "gate")
    _refuse_unknown(people["gold"], codes, f"gold labels of {variable!r}", "resolve")
    counts = people.join(silver, on="segment_id").group_by("silver", "gold").agg(n=pl.len().cast(pl.Int64))
    rows = pl.DataFrame({"silver": [*codes, None]}, schema={"silver": pl.Int64})
    grid = rows.join(pl.DataFrame({"gold": codes}, schema={"gold": pl.Int64}), how="cross", maintain_order="left_right")
    joined = grid.join(counts, on=["silver", "gold"], how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("n").fill_null(0))


def equal_to_gold(confusion: pl.DataFrame) -> tuple[int, int]:
    """Of the items of `silver_against_gold` that have a silver label: how many gold confirms, and how many."""
    compared = confusion.filter(pl.col("silver").is_not_null())
    return int(compared.filter(pl.col("silver") == pl.col("gold"))["n"].sum()), int(compared["n"].sum())


def voters_by_agreement(pairs: Sequence[PairKappa]) -> list[str]:
    """The voters of the pairs, the one with the largest mean κ with the others first; equal ones by name.

    Pairs whose κ is undefined do not count; a voter without any defined κ comes last.
    """
    found: dict[str, list[float]] = {}
    for pair in pairs:
        for voter in (pair.a, pair.b):
            found.setdefault(voter, []).extend([] if pair.value is None else [pair.value])
    means = {voter: fsum(values) / len(values) if values else None for voter, values in found.items()}
    return sorted(means, key=lambda voter: (means[voter] is None, -(means[voter] or 0.0), voter))


def _refuse_unknown(labels: pl.Series, codes: Sequence[int], where: str, maker: str) -> None:
    unknown = sorted(set(labels.drop_nulls().to_list()) - set(codes))
    if unknown:
        raise DataError(
            f"wanted labels of the codebook, {list(codes)}, in the {where}; found {unknown}. "
            f"If the codebook changed since, run: assay {maker}"
        )
