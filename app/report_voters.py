"""The report on the voters of the panel: what each did, and how far every two of them agree."""

import polars as pl

from app.report_charts import kappa_heat_map, voter_bars
from app.report_facts import Facts
from app.report_page import Html, element, figure, percent, table, together
from consensus.cohen import pairwise_cohen
from consensus.panel import voter_outcomes, voter_table, voters_by_agreement
from core.ratings import votes_as_ratings

READ_VOTERS = (
    "Coverage: share of all segments on which the voter gave a label. Abstained: it answered without one. Failed: no "
    "answer came. Agrees: share of its labels on accepted segments that equal the silver label."
)


def voters(facts: Facts, variable: str) -> Html:
    """Each voter's decisions on the accepted segments, as bars, and its coverage, abstentions and agreement."""
    parts = [element("h3", "Voters")]
    if not facts.on("verdicts", variable).is_empty():
        outcomes = voter_outcomes(facts.votes, facts.verdicts, variable)
        caption = (
            "What each voter did on the accepted segments. The number is its agreement with the silver label on those "
            "it labelled. The silver label is partly its own vote, so this is not its accuracy."
        )
        parts.append(figure(voter_bars(outcomes, variable), caption))
    return together([*parts, _voter_table(facts, variable)])


def _voter_table(facts: Facts, variable: str) -> Html:
    known = {voter.name: voter for voter in facts.workspace.settings.vote.voters}
    found = voter_table(facts.votes, facts.verdicts, variable)
    rows: list[tuple[object, ...]] = []
    for row in found.iter_rows(named=True):
        voter = known.get(row["voter"])
        about = (voter.family or None, voter.scale or None) if voter else (None, None)
        counts = (row["n_items"], percent(row["coverage"]), row["abstained"], row["failed"], percent(row["agreement"]))
        rows.append((row["voter"], *about, *counts))
    means = [pl.col(name).mean() for name in ("coverage", "agreement")]
    coverage, agreement = found.select(means).row(0)
    total = [element("b", cell or "") for cell in ("mean of the voters", percent(coverage), percent(agreement))]
    rows.append((total[0], "", "", "", total[1], "", "", total[2]))
    columns = ("voter", "family", "scale", "segments", "coverage", "abstained", "failed", "agrees")
    return together([table(columns, "tttnnnnn", rows), element("p", READ_VOTERS, class_="soft")])


def pairs_of_voters(facts: Facts, variable: str) -> Html:
    """Cohen's κ of every pair of voters as a heat map; nothing where there is one voter."""
    pairs = pairwise_cohen(votes_as_ratings(facts.on("votes", variable)))
    if not pairs:
        return Html()
    caption = (
        "Cohen’s κ of every pair of voters, on the segments that both labelled; voters in the order of their mean κ "
        "with the others. A dash: κ is undefined."
    )
    drawn = kappa_heat_map(pairs, voters_by_agreement(pairs), variable)
    return together([element("h3", "Agreement between voters"), figure(drawn, caption)])
