"""What freezing keeps for good: every version of the lexicon, and the rulings that made it."""

import dataframely as dy
import polars as pl

from core.table_contracts.columns import about, identifier, time

_DECISIONS = ["accept", "reject", "unsure"]


class LexiconVersions(dy.Schema):
    """Every frozen version of the lexicon, one file a version. The newest is the table ``lexicon`` too."""

    version = dy.Int64(min=1, primary_key=True, metadata=about("version, from 1"))
    entry_id = identifier("as in the table lexicon", primary_key=True)
    term = identifier("signal word")
    kind = dy.Enum(["explicit", "implicit"], nullable=False, metadata=about("explicit or implicit signal"))
    category = identifier("category of the term")
    note = dy.String(nullable=True, metadata=about("remark of the expert"))


class LexiconRulings(dy.Schema):
    """Where every entry of a version of the lexicon comes from, and what the experts rejected; one file a version."""

    version = dy.Int64(min=1, primary_key=True, metadata=about("version of the lexicon, from 1"))
    entry_id = identifier("entry_id of the term; a candidate has the same as candidate_id", primary_key=True)
    origin = dy.Enum(
        ["imported", "review"], primary_key=True, metadata=about("from a file, or ruled on by two experts")
    )
    review = dy.String(nullable=False, primary_key=True, metadata=about("name of the review; empty: imported"))
    term = identifier("signal word")
    decision = dy.Enum(["accept", "reject"], nullable=False, metadata=about("the outcome"))
    kind = dy.Enum(["explicit", "implicit"], nullable=True, metadata=about("kind, where it was accepted"))
    category = dy.String(nullable=True, metadata=about("category, where it was accepted"))
    decision_a = dy.Enum(_DECISIONS, nullable=True, metadata=about("what expert A ruled alone; null: imported"))
    decision_b = dy.Enum(_DECISIONS, nullable=True, metadata=about("what expert B ruled alone; null: imported"))
    settled = dy.Enum(
        ["agreed", "joint"], nullable=True, metadata=about("alike from the start, or in the joint session")
    )
    ruled_at = time("when it was imported, or the last ruling that counts, UTC", nullable=False)
    note = dy.String(nullable=True, metadata=about("remark, of the joint session where there was one"))
    in_lexicon = dy.Bool(nullable=False, metadata=about("whether this row's term stands in the version as ruled here"))

    @dy.rule()
    def accepted_has_kind_and_category(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("decision") == "reject") | (pl.col("kind").is_not_null() & pl.col("category").is_not_null())

    @dy.rule()
    def review_has_both_experts(cls) -> pl.Expr:  # noqa: N805
        reviewed = pl.col("origin") == "review"
        complete = pl.all_horizontal(pl.col("decision_a", "decision_b", "settled").is_not_null())
        return (reviewed == complete) & (reviewed == (pl.col("review") != ""))
