"""Gold as a sample of all segments: people label the no-consensus pool, and a random audit of the rest.

A figure on gold as it is holds for the segments that people labelled, most of them hard. Weighted back by stratum it
holds for all of them.
"""

from collections.abc import Mapping, Sequence

import polars as pl

AUDIT = "audit"
"""The origin of items that were accepted on every variable when they were drawn."""


def strata_of(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The strata that batches are drawn from: segment_id, audited (accepted on every rating variable).

    verdicts: in the shape of the table, all rating variables of it.
    """
    return verdicts.group_by("segment_id").agg(audited=pl.col("accepted").all())


def drawn_items(strata: pl.DataFrame, drawn: Mapping[str, str] | None) -> pl.DataFrame | None:
    """The items that were drawn for batches, in the shape of ``strata``: a random sample of each stratum.

    drawn: segment_id → origin, as `drawn_as` gives it. None where that is not known, and where an item has changed its
    stratum since: the votes, the rule or the panel are others now, and what was drawn from one stratum is no random
    sample of another.
    """
    if not drawn:
        return None
    known = pl.DataFrame({"segment_id": list(drawn), "origin": list(drawn.values())})
    found = strata.join(known, on="segment_id")
    return found.select("segment_id", "audited") if (found["audited"] == (found["origin"] == AUDIT)).all() else None


def gold_sample(
    gold: pl.DataFrame,
    codes: Sequence[int],
    items: pl.Series,
    strata: pl.DataFrame,
    drawn: Mapping[str, str] | None,
) -> pl.DataFrame:
    """Gold labels of one rating variable that voters can be measured by: item, label, weight.

    gold: segment_id, label. codes: the labels of the codebook. items: segment_ids that were voted on, each once.
    strata: as `strata_of` gives them. weight: how many of ``items`` one gold item stands for, which is their number in
    its stratum, divided by that of the gold items there that were drawn at random (`drawn_items`); null for others, and
    throughout where a stratum with items has none.
    """
    voted = items.alias("segment_id").to_frame().join(strata, on="segment_id")
    known = gold.filter(pl.col("label").is_in(list(codes))).join(voted, on="segment_id")
    at_random = drawn_items(strata, drawn)
    at_random = known.clear() if at_random is None else known.join(at_random, on="segment_id", how="semi")
    share = (
        voted.group_by("audited")
        .agg(n_items=pl.len())
        .join(at_random.group_by("audited").agg(n_gold=pl.len()), on="audited", how="left")
        .with_columns(weight=pl.when(pl.col("n_gold").count() == pl.len()).then(pl.col("n_items") / pl.col("n_gold")))
    )
    weight = pl.when(pl.col("segment_id").is_in(at_random["segment_id"].implode())).then("weight")
    sample = known.join(share, on="audited").with_columns(weight=weight)
    return sample.sort("segment_id").select("label", "weight", item="segment_id")


def effective_size(sample: pl.DataFrame) -> float:
    """How many items of equal weight tell as much: (Σ w)² / Σ w²; 0 where the weights are unknown.

    sample: as `gold_sample` gives it. Source: L. Kish (1965), "Survey Sampling", §11.7.
    """
    weight = sample["weight"].drop_nulls()
    return float(weight.sum()) ** 2 / float((weight**2).sum()) if len(weight) else 0.0
