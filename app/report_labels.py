"""The report on silver labels: how many of each, and how firmly the panel stands behind them."""

import polars as pl

from app.report_charts import code_name, label_shares
from app.report_facts import Facts, not_yet
from app.report_page import Html, decimal, element, figure, percent, table, together
from app.report_voters import measured_on
from consensus.panel import label_table
from core.codebook import RatingVariable

READ_LABELS = (
    "ρ is the weighted share of the winning label among the votes that are not abstentions. The last three columns are "
    "shares of the segments with that label; unanimous: every voter that gave a label chose it."
)
FIRMNESS = ("mean_rho", "median_rho", "share_rho_07", "share_rho_09", "unanimous")


def silver_labels(facts: Facts, rating: RatingVariable) -> Html:
    """The share of each label and of the no-consensus pool, as bars, and ρ within each.

    Where voters saved votes, ρ is known in full on the share that all were asked about, and is told for that.
    """
    heading = element("h3", "Silver labels")
    verdicts = facts.on("verdicts", rating.name)
    if verdicts.is_empty():
        return together([heading, not_yet("silver labels", "verdicts")])
    labels = label_table(verdicts, rating.name, rating.codes)
    note = READ_LABELS
    if (verdicts["reason"] == "below_quorum").any():
        note += " In the last row ρ is that of the segments below the threshold, not of those below the quorum."
    firm = labels
    if facts.votes_were_saved:
        firm = label_table(_voted_on(facts, verdicts, rating.name), rating.name, rating.codes)
        note += f" Segments and share are of all segments. ρ and unanimity:{measured_on(facts, rating.name).lower()}"
    caption = (
        f"All {verdicts.height:,} segments: those accepted{_threshold(facts, rating.name)}, by silver label, and those "
        f"left to people.{_without_label(verdicts)}"
    )
    drawn = figure(label_shares(labels, rating), caption)
    columns = ("label", "segments", "share", "mean ρ", "median ρ", "ρ ≥ 0.7", "ρ ≥ 0.9", "unanimous")
    counts = labels.select("label", "n", "share").iter_rows()
    rows = [
        (code_name(rating, code), n, percent(share), *map(decimal, rho), *map(percent, shares))
        for (code, n, share), (*rho, a, b, c) in zip(counts, firm.select(FIRMNESS).iter_rows(), strict=True)
        for shares in ((a, b, c),)
    ]
    return together([heading, drawn, table(columns, "tnnnnnnn", rows), element("p", note, class_="soft")])


def _voted_on(facts: Facts, verdicts: pl.DataFrame, variable: str) -> pl.DataFrame:
    return verdicts.join(facts.on("votes", variable), on="segment_id", how="semi")


def _threshold(facts: Facts, variable: str) -> str:
    made = facts.manifests.get("verdicts")
    settings = made.recipe.settings if made else {}
    threshold = settings.get("thresholds", {}).get(variable, settings.get("threshold"))
    return f" (ρ ≥ {threshold})" if threshold else ""


def _without_label(verdicts: pl.DataFrame) -> str:
    """How many segments have no silver label for another reason than disagreement; nothing where none has."""
    counts = {
        "nobody gave a valid vote": verdicts.filter(pl.col("reason") == "no_valid_votes").height,
        "valid votes were too few for the quorum": verdicts.filter(pl.col("reason") == "below_quorum").height,
    }
    told = ", ".join(f"on {n:,} {why}" for why, n in counts.items() if n)
    return f" Among the latter, {told}." if told else ""
