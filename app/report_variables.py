"""The report's sections on the labels: the panel, its silver labels and gold, one rating variable at a time."""

from app.report_against_gold import against_gold
from app.report_facts import Facts, not_yet
from app.report_independence import details_of, gate_rule, most_changed, single_voters
from app.report_labels import silver_labels
from app.report_page import (
    SIMULATED,
    Html,
    decimal,
    element,
    interval,
    percent,
    section,
    table,
    together,
    value_range,
)
from app.report_voters import pairs_of_voters, voters
from consensus.cohen import pairwise_from_codes
from consensus.counts import code_ratings, count_labels
from consensus.fleiss import fleiss_kappa
from consensus.gating import NO_SHARE
from consensus.intervals import Estimate
from consensus.leave_one_out import leave_one_out
from consensus.panel import equal_to_gold, silver_against_gold
from core.codebook import RatingVariable
from core.counting import counted
from core.ratings import votes_as_ratings

MOST_DETAILED = 6
"""With more rating variables than this, the report has one summary table and no details."""


def panel_kappas(facts: Facts) -> dict[str, Estimate]:
    """Fleiss' κ of the panel on each rating variable that it voted on, abstentions missing."""
    names = [rating.name for rating in facts.workspace.codebook.rating_variables]
    voted = set(facts.votes["variable"].unique().to_list())
    return {
        name: fleiss_kappa(count_labels(votes_as_ratings(facts.on("votes", name))).matrix)
        for name in names
        if name in voted
    }


def kappa_in_short(kappas: dict[str, Estimate]) -> str | None:
    """One κ, or the range of several; None where none is defined."""
    return value_range([kappa.value for kappa in kappas.values() if kappa.value is not None])


def variable_sections(facts: Facts, kappas: dict[str, Estimate]) -> Html:
    """A section a rating variable, or one summary table where there are many; nothing before the panel has voted."""
    ratings = facts.workspace.codebook.rating_variables
    if facts.votes.is_empty() and facts.verdicts.is_empty():
        return Html()
    if len(ratings) > MOST_DETAILED:
        return _summary(facts, kappas)
    return together(_variable(facts, rating, kappas.get(rating.name)) for rating in ratings)


def _kappa_sentence(kappa: Estimate | None) -> str:
    if kappa is None or kappa.value is None:
        return f"Fleiss’ κ of the panel is undefined: {kappa.reason if kappa else 'there are no votes'}."
    ends = interval(kappa.low, kappa.high)
    told = f"95% interval {ends}, {kappa.method}" if ends else kappa.reason
    return f"Fleiss’ κ of the panel is {decimal(kappa.value)} ({told}); abstentions count as missing."


def _variable(facts: Facts, rating: RatingVariable, kappa: Estimate | None) -> Html:
    title = f"{rating.title.zh} · {rating.title.en}"
    voted = facts.on("votes", rating.name)
    if voted.is_empty():
        panel = not_yet("votes on this variable", "votes")
        if facts.votes_were_saved:
            panel = element("p", f"Voters are not compared: {NO_SHARE} (vote.full_share).", class_="soft")
        return section(title, panel, silver_labels(facts, rating), against_gold(facts, rating))
    n_voters, n_segments = voted["voter"].n_unique(), voted["segment_id"].n_unique()
    counts = f"{counted(n_voters, 'voter')}, {counted(n_segments, 'segment')}. "
    if facts.votes_were_saved:
        counts += "These are the random share that the whole panel was asked about; the figures of voters are theirs. "
    coded = code_ratings(votes_as_ratings(voted))
    details = details_of(facts, rating, coded)
    pairs = details.cohen_kappa if details else pairwise_from_codes(coded)
    return section(
        title,
        element("p", counts + _kappa_sentence(kappa)),
        silver_labels(facts, rating),
        voters(facts, rating.name, kappa),
        pairs_of_voters(facts, rating.name, pairs),
        single_voters(facts, rating, details, kappa) if details else Html(),
        against_gold(facts, rating),
    )


def _summary(facts: Facts, kappas: dict[str, Estimate]) -> Html:
    ratings = facts.workspace.codebook.rating_variables
    columns = (
        *("variable", "segments", "accepted", "κ of the panel", "95% interval"),
        *("one voter changes at most", "gold", "silver = gold"),
    )
    rows = [_summary_row(facts, rating, kappas.get(rating.name)) for rating in ratings]
    note: list[object] = [f"There are {len(ratings)} rating variables; details are given for up to {MOST_DETAILED}. "]
    if facts.votes_were_saved:
        note.append("κ and what one voter changes: on the random share that the whole panel was asked about. ")
    note += ["The last two columns: ", SIMULATED] if facts.gold_is_simulated else []
    return section("Variables", table(columns, "tnnnnnnn", rows), element("p", *note, class_="soft"))


def _summary_row(facts: Facts, rating: RatingVariable, kappa: Estimate | None) -> tuple[object, ...]:
    verdicts = facts.on("verdicts", rating.name)
    accepted = percent(int(verdicts["accepted"].sum()) / verdicts.height) if verdicts.height else None
    equal, compared = equal_to_gold(silver_against_gold(facts.verdicts, facts.gold, rating.name, rating.codes))
    value = (decimal(kappa.value), interval(kappa.low, kappa.high)) if kappa else (None, None)
    n_gold = facts.on("gold", rating.name).height
    confirmed = f"{equal:,} of {compared:,}" if compared else None
    title = f"{rating.title.zh} · {rating.title.en} "
    named = element("span", title, element("code", rating.name))
    return named, verdicts.height, accepted, *value, _one_voter(facts, rating.name), n_gold, confirmed


def _one_voter(facts: Facts, variable: str) -> str | None:
    """The largest share of silver labels that the absence of one voter changes."""
    voted = facts.on("votes", variable)
    if voted.is_empty() or facts.on("verdicts", variable).is_empty():
        return None
    found = most_changed(leave_one_out(code_ratings(votes_as_ratings(voted)), gate_rule(facts, variable)))
    return percent(found[2]) if found else None
