"""The report on what a verdict hangs on: single voters, voters that err together, few valid votes."""

from fractions import Fraction

import polars as pl

from app.report_charts import change_bars
from app.report_facts import Facts
from app.report_page import SIMULATED, Html, decimal, element, figure, interval, percent, table, together
from app.report_voters import measured_on
from consensus.counts import CodedRatings
from consensus.gate import Rule
from consensus.gold_sample import gold_sample
from consensus.intervals import Estimate
from consensus.panel_details import PanelDetails, panel_details
from core.codebook import RatingVariable
from core.counting import counted

TITLE = "How much does the verdict hang on single voters?"
READ_CHANGES = (
    "The gate run again without each voter, with the same threshold and quorum. Lost: accepted with the voter and not "
    "without; gained: the reverse; relabelled: accepted both times, with another label. SuiChat-CN reports at most "
    "0.6% for any of its 17 voters, and does not say whether it counts lost and gained labels."
)
METHODS = {"weighted_majority": "weighted majority", "dawid_skene": "Dawid–Skene", "calibrated": "calibrated pool"}
READ_OTHERS = (
    "What other methods make of the same votes. As silver, not as silver: accepted segments to which they give the "
    "silver label, another one. Of the pool: segments without consensus that they label. None of this changes a label."
)


def gate_rule(facts: Facts, variable: str) -> Rule:
    """The rule that made the verdicts, as their manifest has it; what that lacks is taken from the settings."""
    made = facts.manifests.get("verdicts")
    told = made.recipe.settings if made else {}
    settings = facts.workspace.settings
    weights = {name: Fraction(weight) for name, weight in told.get("panel", ())}
    weights = weights or {voter.name: voter.weight for voter in settings.vote.voters}
    weights = weights or dict.fromkeys(facts.on("votes", variable)["voter"].unique().to_list(), Fraction(1))
    threshold = told.get("thresholds", {}).get(variable, told.get("threshold", settings.gate.threshold_for(variable)))
    quorum = told.get("quorum", settings.gate.quorum)
    return Rule.of(weights, Fraction(threshold), quorum, len(weights))


def details_of(facts: Facts, rating: RatingVariable, coded: CodedRatings) -> PanelDetails | None:
    """What `assay gate --details` measures, by the rule of the verdicts; None before there are verdicts.

    coded: the votes on the variable; where voters saved votes, those on the full share alone.
    """
    voted = pl.col("segment_id").is_in(coded.items.implode())
    verdicts = facts.on("verdicts", rating.name).filter(voted)
    if verdicts.is_empty():
        return None
    gold = facts.on("gold", rating.name)
    sample = gold_sample(gold, rating.codes, coded.items, facts.strata, facts.drawn)
    return panel_details(coded, verdicts, gate_rule(facts, rating.name), sample)


def single_voters(facts: Facts, rating: RatingVariable, details: PanelDetails, kappa: Estimate | None) -> Html:
    """Figures in a table, what each voter changes as bars, and what lies behind both, folded away."""
    n_panel = gate_rule(facts, rating.name).n_panel
    simulated = facts.gold_is_simulated
    rows = [
        _most_changed(details.without, int(details.thin["n_items"].sum())),
        _effective(details, simulated),
        _thin(details.thin, n_panel),
        _fleiss(kappa),
    ]
    parts = [element("h3", TITLE)]
    parts += [element("p", told.strip()) for told in [measured_on(facts, rating.name)] if told]
    parts.append(table(("figure", "value", "what it says"), "tnt", rows))
    parts.append(figure(change_bars(details.without, rating.name), READ_CHANGES))
    return together([*parts, _valid_votes(details.thin), _other_methods(details, simulated)])


def most_changed(without: pl.DataFrame) -> tuple[str, int, float | None] | None:
    """The voter that changes most, how many silver labels, and their share; None without voters."""
    if without.is_empty():
        return None
    first = without.sort("n_changed", "voter", descending=[True, False]).row(0, named=True)
    return first["voter"], first["n_changed"], first["share"]


def _most_changed(without: pl.DataFrame, n_items: int) -> tuple[object, ...]:
    found = most_changed(without)
    name = "silver labels that change without one voter, at most"
    if found is None:
        return name, None, "there are no voters"
    voter, n, share = found
    told = f"{n:,} of {counted(n_items, 'segment')}, without {voter}" if n else "no voter alone changes a label"
    return name, percent(share), told


def _effective(details: PanelDetails, simulated: bool) -> tuple[object, ...]:
    found = details.effective
    name = "effective number of independent voters"
    if found.n_effective is None:
        return name, None, f"undefined: {found.reason}"
    against = (
        "errors counted by gold labels, weighted to all segments"
        if details.errors_against == "gold"
        else "errors counted by silver labels, which the votes made themselves: the number is too high"
    )
    ends = found.reason if found.low is None else f"{decimal(found.low, 1)} to {decimal(found.high, 1)}, 95% interval"
    told = f"{ends}; mean correlation of two voters’ errors {decimal(found.mean_correlation, 2)} "
    told += f"({counted(found.n_pairs, 'pair')}), {against}"
    mark = [" ", SIMULATED] if simulated and details.errors_against == "gold" else []
    return name, f"{found.n_effective:.1f} of {found.n_voters}", element("span", told, *mark)


def _thin(thin: pl.DataFrame, n_panel: int) -> tuple[object, ...]:
    name = "silver labels on fewer than half of the panel’s votes"
    accepted = thin.filter(pl.col("n_accepted") > 0)
    if accepted.is_empty():
        return name, None, "there are no silver labels"
    n_accepted = int(accepted["n_accepted"].sum())
    n_thin = int(accepted.filter(2 * pl.col("n_valid") < n_panel)["n_accepted"].sum())
    fewest = counted(accepted["n_valid"].to_list()[0], "valid vote")
    told = f"{n_thin:,} of {n_accepted:,}; the fewest behind one: {fewest} of {n_panel}"
    return name, percent(n_thin / n_accepted), told


def _fleiss(kappa: Estimate | None) -> tuple[object, ...]:
    name = "Fleiss’ κ of the whole panel"
    if kappa is None or kappa.value is None:
        return name, None, f"undefined: {kappa.reason if kappa else 'there are no votes'}"
    ends = interval(kappa.low, kappa.high)
    return name, decimal(kappa.value), f"{ends}, 95% interval, {kappa.method}" if ends else kappa.reason


def _valid_votes(thin: pl.DataFrame) -> Html:
    rows = [
        (row["n_valid"], row["n_items"], row["n_accepted"], percent(row["share_accepted"])) for row in thin.to_dicts()
    ]
    columns = ("valid votes", "segments", "accepted", "share")
    return element("details", element("summary", "Valid votes behind the verdicts"), table(columns, "nnnn", rows))


def _other_methods(details: PanelDetails, simulated: bool) -> Html:
    keys = ("n_labelled", "n_same", "n_other", "n_fills", "n_sure", "n_withdraws")
    rows = []
    for row in details.others.to_dicts():
        mark = [" ", SIMULATED] if simulated and row["method"] == "calibrated" else []
        rows.append((element("span", METHODS[row["method"]], *mark), *(row[key] for key in keys)))
    columns = ("method", "labels", "as silver", "not as silver", "of the pool", "of those p ≥ 0.9", "silver without")
    stopped = (
        "" if details.dawid_skene_converged else " Dawid–Skene was stopped before it converged; its row may change."
    )
    note = element("p", READ_OTHERS + stopped, class_="soft")
    summary = element("summary", "Other methods beside the gate")
    return element("details", summary, table(columns, "tnnnnnn", rows), note)
