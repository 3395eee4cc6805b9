"""What the sources propose, one row a term."""

from collections import Counter

import polars as pl

from core.text import folded, normalised


def by_term(proposals: pl.DataFrame) -> pl.DataFrame:
    """One row a term: term, sources, n_proposals, kind, category, reasons; sorted by term.

    proposals: as the table. Terms are normalised and folded here too. Kind and category are the ones suggested most
    often, null where two are suggested equally often or none is. Reasons are distinct, in the order of the sources.
    """
    terms = [folded(normalised(term)) for term in proposals["term"]]
    ordered = proposals.with_columns(term=pl.Series(terms, dtype=pl.String), kind=pl.col("kind").cast(pl.String)).sort(
        "term", "source", "number"
    )
    most = [pl.col(name).drop_nulls().alias(name) for name in ("kind", "category")]
    grouped = (
        ordered.filter(pl.col("term") != "")
        .group_by("term", maintain_order=True)
        .agg(
            pl.col("source").unique().sort().alias("sources"),
            pl.len().cast(pl.Int64).alias("n_proposals"),
            pl.col("reason").drop_nulls().unique(maintain_order=True).alias("reasons"),
            *most,
        )
    )
    return grouped.with_columns(
        pl.col(name).map_elements(_most_often, return_dtype=pl.String) for name in ("kind", "category")
    )


def _most_often(values: pl.Series) -> str | None:
    counts = Counter(values.to_list()).most_common(2)
    return counts[0][0] if counts and (len(counts) == 1 or counts[0][1] > counts[1][1]) else None
