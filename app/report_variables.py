"""The report's sections on the labels: the panel, its silver labels and gold, one rating variable at a time."""

from app.report_charts import code_name, label_shares
from app.report_facts import Facts, not_yet
from app.report_gold import silver_and_gold
from app.report_page import (
    SIMULATED,
    Html,
    counted,
    decimal,
    element,
    figure,
    interval,
    percent,
    section,
    table,
    together,
    value_range,
)
from app.report_voters import pairs_of_voters, voters
from consensus.counts import count_labels
from consensus.fleiss import fleiss_kappa
from consensus.intervals import Estimate
from consensus.panel import equal_to_gold, label_table, silver_against_gold
from core.codebook import RatingVariable
from core.ratings import votes_as_ratings

MOST_DETAILED = 6
"""With more rating variables than this, the report has one summary table and no details."""
READ_LABELS = (
    "ρ is the weighted share of the winning label among the votes that are not abstentions. The last three columns are "
    "shares of the segments with that label; unanimous: every voter that answered chose it."
)


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
        return section(title, panel, _silver(facts, rating), silver_and_gold(facts, rating))
    n_voters, n_segments = voted["voter"].n_unique(), voted["segment_id"].n_unique()
    counts = f"{counted(n_voters, 'voter')}, {counted(n_segments, 'segment')}. "
    if facts.votes_were_saved:
        counts += "These are the random share that the whole panel was asked about; the figures of voters are theirs. "
    parts = [element("p", counts + _kappa_sentence(kappa)), _silver(facts, rating), voters(facts, rating.name)]
    return section(title, *parts, pairs_of_voters(facts, rating.name), silver_and_gold(facts, rating))


def _silver(facts: Facts, rating: RatingVariable) -> Html:
    heading = element("h3", "Silver labels")
    if facts.on("verdicts", rating.name).is_empty():
        return together([heading, not_yet("silver labels", "verdicts")])
    labels = label_table(facts.verdicts, rating.name, rating.codes)
    columns = ("label", "segments", "share", "mean ρ", "median ρ", "ρ ≥ 0.7", "ρ ≥ 0.9", "unanimous")
    firm = ("share_rho_07", "share_rho_09", "unanimous")
    rows = [
        (
            code_name(rating, row["label"]),
            row["n"],
            percent(row["share"]),
            *(decimal(row[name]) for name in ("mean_rho", "median_rho")),
            *(percent(row[name]) for name in firm),
        )
        for row in labels.iter_rows(named=True)
    ]
    made = facts.manifests.get("verdicts")
    settings = made.recipe.settings if made else {}
    threshold = settings.get("thresholds", {}).get(rating.name, settings.get("threshold"))
    reached = f" (ρ ≥ {threshold})" if threshold else ""
    caption = f"Every segment that was voted on: those accepted{reached}, by silver label, and those left to people."
    drawn = figure(label_shares(labels, rating), caption)
    return together([heading, drawn, table(columns, "tnnnnnnn", rows), element("p", READ_LABELS, class_="soft")])


def _summary(facts: Facts, kappas: dict[str, Estimate]) -> Html:
    ratings = facts.workspace.codebook.rating_variables
    columns = ("variable", "segments", "accepted", "κ of the panel", "95% interval", "gold", "silver = gold")
    rows = [_summary_row(facts, rating, kappas.get(rating.name)) for rating in ratings]
    note: list[object] = [f"There are {len(ratings)} rating variables; details are given for up to {MOST_DETAILED}. "]
    note += ["The last two columns: ", SIMULATED] if facts.gold_is_simulated else []
    return section("Variables", table(columns, "tnnnnnn", rows), element("p", *note, class_="soft"))


def _summary_row(facts: Facts, rating: RatingVariable, kappa: Estimate | None) -> tuple[object, ...]:
    verdicts = facts.on("verdicts", rating.name)
    accepted = percent(int(verdicts["accepted"].sum()) / verdicts.height) if verdicts.height else None
    equal, compared = equal_to_gold(silver_against_gold(facts.verdicts, facts.gold, rating.name, rating.codes))
    value = (decimal(kappa.value), interval(kappa.low, kappa.high)) if kappa else (None, None)
    n_gold = facts.on("gold", rating.name).height
    confirmed = f"{equal:,} of {compared:,}" if compared else None
    title = f"{rating.title.zh} · {rating.title.en} "
    named = element("span", title, element("code", rating.name))
    return named, verdicts.height, accepted, *value, n_gold, confirmed
