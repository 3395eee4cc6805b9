"""From votes to gold."""

import dataframely as dy
import polars as pl

from core.table_contracts.columns import about, count, identifier, time


class Votes(dy.Schema):
    """One voter's votes: one row a segment and rating variable."""

    segment_id = identifier("the segment", primary_key=True)
    voter = identifier("name of the voter in assay.toml", primary_key=True)
    variable = identifier("rating variable", primary_key=True)
    label = dy.Int64(min=-1, nullable=False, metadata=about("code of the label; −1: abstained"))
    status = dy.Enum(
        ["ok", "unparsed", "refused", "failed"],
        nullable=False,
        metadata=about("how the vote came about; only ok carries a label"),
    )
    rationale = dy.String(nullable=True, metadata=about("the voter's reason, if it gave one"))
    probability = dy.Float64(
        min=0.0, max=1.0, nullable=True, metadata=about("the voter's probability of its label, 0 to 1")
    )
    model = identifier("model that answered")
    prompt_hash = identifier(
        "hash of everything that determines the answer: prompt, model, parameters, training examples"
    )
    seconds = dy.Float64(min=0.0, nullable=True, metadata=about("time the vote took, seconds"))

    @dy.rule()
    def only_ok_votes_carry_a_label(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("status") == "ok") == (pl.col("label") >= 0)


class Verdicts(dy.Schema):
    """What the gate made of the votes: silver labels and the no-consensus pool."""

    segment_id = identifier("the segment", primary_key=True)
    variable = identifier("rating variable", primary_key=True)
    label = dy.Int64(min=0, nullable=True, metadata=about("silver label; null: no consensus"))
    rho = dy.Float64(min=0.0, max=1.0, nullable=True, metadata=about("consensus ratio ρ, 0 to 1; null: no valid vote"))
    accepted = dy.Bool(nullable=False, metadata=about("whether ρ reached the threshold with a unique winner"))
    n_valid = count("voters that did not abstain", nullable=False)
    n_panel = dy.Int64(min=1, nullable=False, metadata=about("voters in the panel"))
    runner_up = dy.Int64(min=0, nullable=True, metadata=about("label with the second largest weight"))
    reason = dy.Enum(
        ["accepted", "no_consensus", "no_valid_votes", "below_quorum"],
        nullable=False,
        metadata=about("why accepted or not"),
    )

    @dy.rule()
    def accepted_has_label(cls) -> pl.Expr:  # noqa: N805
        return pl.col("accepted") == pl.col("label").is_not_null()

    @dy.rule()
    def accepted_is_the_reason(cls) -> pl.Expr:  # noqa: N805
        return pl.col("accepted") == (pl.col("reason") == "accepted")


class Gold(dy.Schema):
    """What people decided."""

    segment_id = identifier("the segment", primary_key=True)
    variable = identifier("rating variable", primary_key=True)
    label = dy.Int64(min=0, nullable=False, metadata=about("gold label"))
    source = dy.Enum(
        ["unanimous", "majority", "adjudicated"], nullable=False, metadata=about("how the label was reached")
    )
    n_raters = dy.Int64(min=1, nullable=False, metadata=about("annotators who rated the item"))
    locked_at = time("when the label was locked, UTC", nullable=False)
