"""The report on the voters of the panel: what each did, and which of them agree with which."""

from collections.abc import Sequence

import polars as pl

from app.report_charts import voter_bars
from app.report_facts import Facts
from app.report_kappa_map import kappa_map
from app.report_page import Html, decimal, element, figure, interval, percent, table, together
from consensus.clustering import FamilyAgreement, VoterClusters, cluster_voters, family_agreement
from consensus.cohen import PairKappa
from consensus.intervals import Estimate
from consensus.panel import voter_outcomes, voter_table
from core.counting import counted

READ_VOTERS = (
    "Coverage: share of the segments on which the voter gave a label. Abstained: share on which it answered without "
    "one. Failed: segments on which no answer came. Agrees: share of its labels on accepted segments that equal the "
    "silver label."
)
READ_MAP = (
    "Cohen’s κ of every pair of voters, on the segments that both labelled. The tree joins the closest first (average "
    "linkage on 1 − κ); where two groups meet, read the mean κ between them. "
)


def measured_on(facts: Facts, variable: str) -> str:
    """Where voters saved votes: the sentence that says on which segments a figure was measured; else nothing."""
    if not facts.votes_were_saved:
        return ""
    n = facts.on("votes", variable)["segment_id"].n_unique()
    return f" Measured on the random share of {counted(n, 'segment')} that the whole panel was asked about."


def voters(facts: Facts, variable: str, kappa: Estimate | None) -> Html:
    """Each voter's decisions on the accepted segments, as bars, and its coverage, abstentions and agreement."""
    parts = [element("h3", "Voters")]
    if not facts.on("verdicts", variable).is_empty():
        outcomes = voter_outcomes(facts.votes, facts.verdicts, variable)
        n_accepted = sum(outcomes.drop("voter").row(0))
        caption = (
            f"What each voter did on the {counted(n_accepted, 'accepted segment')}. The number is its agreement with "
            "the silver label on those it labelled. The silver label is partly its own vote, so this is not its "
            "accuracy."
        )
        nothing = element("p", "No segment was accepted, so there is nothing to compare them with.", class_="soft")
        caption += measured_on(facts, variable)
        parts.append(figure(voter_bars(outcomes, variable), caption) if n_accepted else nothing)
    return together([*parts, _voter_table(facts, variable, kappa)])


def _voter_table(facts: Facts, variable: str, kappa: Estimate | None) -> Html:
    known = {voter.name: voter for voter in facts.workspace.settings.vote.voters}
    n_segments = facts.on("votes", variable)["segment_id"].n_unique()
    found = voter_table(facts.votes, facts.verdicts, variable).with_columns(
        share_abstained=pl.col("abstained") / n_segments
    )
    rows: list[tuple[object, ...]] = []
    for row in found.iter_rows(named=True):
        voter = known.get(row["voter"])
        about = (voter.family or None, voter.scale or None) if voter else (None, None)
        shares = (percent(row["coverage"]), percent(row["share_abstained"]), row["failed"], percent(row["agreement"]))
        rows.append((row["voter"], *about, row["n_items"], *shares))
    columns = ("voter", "family", "scale", "segments", "coverage", "abstained", "failed", "agrees")
    note = element("p", READ_VOTERS + measured_on(facts, variable), class_="soft")
    return together([table(columns, "tttnnnnn", [*rows, _pool_average(found), *_pool_kappa(kappa)]), note])


def _pool_average(found: pl.DataFrame) -> tuple[object, ...]:
    coverage, abstained, agreement = found.select(pl.col("coverage", "share_abstained", "agreement").mean()).row(0)
    cells = ("pool average", "", "", "", percent(coverage), percent(abstained), "", percent(agreement))
    return tuple(element("b", cell or "") for cell in cells)


def _pool_kappa(kappa: Estimate | None) -> list[tuple[object, ...]]:
    if kappa is None or kappa.value is None:
        return []
    ends = interval(kappa.low, kappa.high)
    told = f"{ends}, 95% interval" if ends else ""
    return [(element("b", "Fleiss’ κ of all voters"), told, "", "", "", "", "", element("b", decimal(kappa.value)))]


def pairs_of_voters(facts: Facts, variable: str, pairs: Sequence[PairKappa]) -> Html:
    """Cohen's κ of every pair of voters as a clustered heat map; nothing where there is one voter."""
    if not pairs:
        return Html()
    families = {voter.name: voter.family for voter in facts.workspace.settings.vote.voters if voter.family}
    clusters = cluster_voters(pairs)
    below = (
        "Below 0 the colour is that of 0. " if any(pair.value is not None and pair.value < 0 for pair in pairs) else ""
    )
    caption = READ_MAP + below + _undefined(clusters) + measured_on(facts, variable).strip()
    parts = [element("h3", "Agreement between voters"), _of_families(family_agreement(pairs, families))]
    return together([*parts, figure(kappa_map(pairs, clusters, families, variable), caption)])


def _undefined(clusters: VoterClusters) -> str:
    if not clusters.n_undefined:
        return ""
    text = (
        f"A dash: κ is undefined ({counted(clusters.n_undefined, 'pair')}), because the two labelled no segment in "
        "common or gave all of them one label; such a pair is placed by how far the two agree with the others. "
    )
    return text + (f"Without any κ, below the tree: {', '.join(clusters.apart)}. " if clusters.apart else "")


def _of_families(found: FamilyAgreement) -> Html:
    """Whether voters of one family agree more; nothing where no family has two voters with a κ."""
    if found.within is None or found.across is None:
        return Html()
    return element(
        "p",
        f"Mean κ of two voters of one family: {decimal(found.within, 2)} ({counted(found.n_within, 'pair')}); of two "
        f"families: {decimal(found.across, 2)} ({counted(found.n_across, 'pair')}). Where families cluster, their "
        "voters bring fewer opinions than votes.",
    )
