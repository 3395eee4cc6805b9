"""Other ways to one label from many votes, beside the ρ gate and never instead of it: where do they differ?

Each method gives every item that was voted on a label and how sure it is; the gate may leave the item without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.calibration import Calibrated, calibrated_posterior
from consensus.counts import MISSING, CodedRatings
from consensus.dawid_skene import dawid_skene
from consensus.gate import Rule, leaders

METHODS = ("weighted_majority", "dawid_skene", "calibrated")


@dataclass(frozen=True)
class Alternatives:
    """labels: in the order of the items: item; weighted_majority (the heaviest label; null at a tie or without a vote);
    dawid_skene and dawid_skene_p; calibrated and calibrated_p (null throughout where the method needs more gold than
    there is). Probabilities are those of the label, 0 to 1.

    calibrated: how that was fitted; None where it could not be. dawid_skene_converged: False where it was stopped
    before; its labels and probabilities are then not final.
    """

    labels: pl.DataFrame
    calibrated: Calibrated | None
    dawid_skene_converged: bool


def alternatives(coded: CodedRatings, rule: Rule, gold: Mapping[str, int]) -> Alternatives:
    """The label of each item by every method. gold: item → label, where people decided."""
    if not coded.categories:
        return Alternatives(_nothing(coded), None, dawid_skene_converged=True)
    labels = coded.by_rater()
    anybody = (labels != MISSING).any(axis=0)
    found = leaders(rule.tally(labels, coded.raters, len(coded.categories)))
    clear = anybody & (found.best > found.second)
    fitted = dawid_skene(coded)
    columns = {"item": coded.items, "weighted_majority": _named(found.leader, clear, coded)}
    columns |= _method("dawid_skene", fitted.posterior, anybody, coded)
    calibrated = calibrated_posterior(coded, gold)
    posterior = calibrated.posterior if calibrated else np.zeros((len(coded.items), len(coded.categories)))
    columns |= _method("calibrated", posterior, anybody & (calibrated is not None), coded)
    return Alternatives(pl.DataFrame(columns), calibrated, fitted.converged)


def _nothing(coded: CodedRatings) -> pl.DataFrame:
    """No vote, no label."""
    kinds = {"weighted_majority": pl.Int64()} | {
        f"{method}{end}": kind for method in METHODS[1:] for end, kind in (("", pl.Int64()), ("_p", pl.Float64()))
    }
    return pl.DataFrame({"item": coded.items}).with_columns(
        pl.lit(None, dtype=kinds[name]).alias(name) for name in kinds
    )


def differences(verdicts: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Where each method parts from the gate. verdicts: of one variable; others: of `alternatives`.

    One row a method, in the order of METHODS: method; n_labelled (items that it labels); n_same, n_other (accepted
    items to which it gives the silver label, another one); n_fills (items of the no-consensus pool that it labels);
    n_sure (of those, where its probability is 0.9 or more; null where it has none); n_withdraws (accepted items that
    it leaves without a label).
    """
    silver = verdicts.select(item="segment_id", silver="label")
    aligned = silver["item"].equals(others["item"])
    joined = others.with_columns(silver["silver"]) if aligned else others.join(silver, on="item", how="inner")
    rows = []
    for method in METHODS:
        label, silver = pl.col(method), pl.col("silver")
        fills = label.is_not_null() & silver.is_null()
        sure = f"{method}_p"
        n_sure = (fills & (pl.col(sure) >= 0.9)).sum() if sure in others.columns else pl.lit(None, dtype=pl.UInt32)
        counts = joined.select(
            n_labelled=label.is_not_null().sum(),
            n_same=(label == silver).sum(),
            n_other=(label != silver).sum(),
            n_fills=fills.sum(),
            n_sure=n_sure,
            n_withdraws=(label.is_null() & silver.is_not_null()).sum(),
        )
        rows.append(counts.cast(pl.Int64).select(pl.lit(method).alias("method"), pl.all()))
    return pl.concat(rows)


def _method(
    name: str, posterior: NDArray[np.float64], known: NDArray[np.bool_], coded: CodedRatings
) -> dict[str, pl.Series]:
    chance = pl.DataFrame({"p": posterior.max(axis=1), "known": known}).select(pl.when("known").then("p"))
    return {name: _named(posterior.argmax(axis=1), known, coded), f"{name}_p": chance.to_series()}


def _named(positions: NDArray[np.int64], known: NDArray[np.bool_], coded: CodedRatings) -> pl.Series:
    """Codes at these positions; null where nothing is known."""
    names = pl.Series([*coded.categories, None], dtype=pl.Int64)
    return names.gather(np.where(known, positions, len(coded.categories)))
