"""The report on the panel and people: how often gold confirms the gate's labels and each voter's."""

from app.report_charts import code_name
from app.report_facts import Facts
from app.report_gold import silver_and_gold
from app.report_gold_charts import accuracy_dots, reliability_dots
from app.report_page import SIMULATED, Html, decimal, element, figure, percent, table, together
from consensus.against_gold import NOT_DRAWN, AgainstGold
from consensus.against_gold import against_gold as measured_by_gold
from consensus.gold_scores import Scores
from consensus.intervals import Estimate
from core.codebook import RatingVariable
from core.counting import counted

ORIGINS = {"audit": "from the accepted segments", "no_consensus": "from the no-consensus pool"}
READ_ACCURACY = (
    "Dot: share of its labels that gold confirms, with the 95% Wilson interval; at the right, of how many labels. "
    "Abstentions are not among them. The gate labels only what the panel agreed on, which is easier: compare its dot "
    "with the diamonds, each voter’s accuracy on those same segments."
)
READ_SHARED = (
    "Dot: share of its labels that gold confirms, with the 95% Wilson interval; at the right, of how many labels. "
    "Abstentions are not among them. Where votes are saved, the gate’s labels are those of the whole panel everywhere, "
    "and its dot is on all segments with gold; voters are measured on the random share alone, the diamonds on those of "
    "it that have a silver label. Voters can be compared with each other, the gate with them only roughly."
)
READ_RELIABILITY = (
    "Silver labels by their ρ, in tenths, ρ = 1 by itself: the share that gold confirms, with the 95% Wilson interval, "
    "and of how many. On the dashed line labels would be right as often as ρ says; ρ is no probability and need not be."
)
READ_LABELS = (
    "Counted on the segments that have both labels. Precision: of those with this silver label, the share that gold "
    "confirms; recall: of those with this gold label, the share whose silver label is the same. In brackets the 95% "
    "interval: Wilson, for F1 carried over from F*. A dash: undefined, there is nothing to count."
)
READ_VOTERS = (
    "No label: it abstained, or no answer came. With silver: accuracy on the segments that have a silver label. Brier: "
    "mean squared difference between the probability of its label (for the gate: ρ) and whether gold confirms it. "
    "Calibration error: mean difference between probability and share confirmed, over tenths of probability; with few "
    "labels it is too large by itself."
)


def against_gold(facts: Facts, rating: RatingVariable) -> Html:
    """Silver labels against gold, then the accuracy of the gate and of each voter; only the first without gold."""
    counts = silver_and_gold(facts, rating)
    if facts.on("gold", rating.name).is_empty() or facts.on("verdicts", rating.name).is_empty():
        return counts
    shared = facts.votes["segment_id"].unique() if facts.votes_were_saved else None
    found = measured_by_gold(
        facts.votes,
        facts.verdicts,
        facts.gold,
        rating.name,
        rating.codes,
        strata=facts.strata,
        drawn=facts.drawn,
        full_panel=shared,
    )
    if found is None:
        return counts
    mark = together([Html(" "), SIMULATED]) if facts.gold_is_simulated else Html()
    return together([counts, _accuracy(facts, rating, found, mark), _gate(rating, found, mark)])


def _accuracy(facts: Facts, rating: RatingVariable, found: AgainstGold, mark: Html) -> Html:
    heading = element("h3", "How often gold confirms the gate and the voters", mark)
    caption = READ_ACCURACY if found.n_full_panel is None else READ_SHARED
    drawn = figure(accuracy_dots(found.gate, found.voters, rating.name), caption)
    return together([heading, element("p", _told(facts, found)), drawn, _voters(found), _by_label(rating, found)])


def _told(facts: Facts, found: AgainstGold) -> str:
    """Which segments the figures hold for, and what the voters knew of them."""
    told = [f"Compared on {counted(found.n_gold, 'segment')} with gold{_drawn(found)}; the figures hold for these."]
    if found.gate_at_large.value is None:
        told.append(f"How many of all silver labels gold would confirm is not known: {found.gate_at_large.reason}.")
    else:
        told.append(
            "Of all silver labels, also those on segments that nobody looked at, gold would confirm an estimated "
            f"{percent(found.gate_at_large.value)} ({_range(found.gate_at_large)})."
        )
    if found.n_full_panel is not None:
        told.append(f"Voters and ρ: on the {found.n_full_panel:,} that the whole panel was asked about.")
    settings = facts.workspace.settings.vote
    if settings.use_gold and any(voter.backend == "embedded" for voter in settings.voters):
        told.append(
            "Embedded voters may have learned from gold, but judge a segment by a classifier that has not seen its "
            "own: theirs is accuracy in cross-validation."
        )
    return " ".join(told)


def _drawn(found: AgainstGold) -> str:
    drawn = found.drawn or {}
    parts = [f"{drawn[origin]:,} drawn at random {how}" for origin, how in ORIGINS.items() if origin in drawn]
    parts += [f"{drawn[NOT_DRAWN]:,} in no closed batch any more"] if NOT_DRAWN in drawn else []
    return f" ({', '.join(parts)})" if parts else ""


def _voters(found: AgainstGold) -> Html:
    rows = [_voter_row(element("b", "the gate"), found.gate), *(_voter_row(one.name, one) for one in found.voters)]
    counts = ("labels", "no label", "right")
    columns = ("", *counts, "accuracy", "95% interval", "with silver", "Brier", "calibration error")
    summary = element("summary", "Accuracy, coverage and calibration as numbers")
    note = element("p", READ_VOTERS, class_="soft")
    return element("details", summary, table(columns, "tnnnnnnnn", rows), note)


def _voter_row(name: object, one: Scores) -> tuple[object, ...]:
    calibration = (_value(one.calibration.brier), _value(one.calibration.expected_error))
    accuracy = (_share(one.accuracy), _range(one.accuracy))
    return name, one.n_labelled, one.n_abstained, one.n_right, *accuracy, _share(one.where_silver), *calibration


def _by_label(rating: RatingVariable, found: AgainstGold) -> Html:
    """F1 of the gate and of every voter on every label, folded away."""
    columns = ("", *(f"{code} {rating.code_title(code).zh}" for code in rating.codes))
    raters = (("the gate", found.gate), *((voter.name, voter) for voter in found.voters))
    support = ("gold segments", *(label.support for label in found.gate.labels))
    rows = [(name, *(_with_range(label.f1, element("br")) for label in one.labels)) for name, one in raters]
    summary = element("summary", "F1 of every label")
    share = (
        ""
        if found.n_full_panel is None
        else (
            f"The gate, and the first row: on all segments with gold. Voters: on the {found.n_full_panel:,} of the "
            "random share. "
        )
    )
    words = f"{share}Precision, recall and confusion of each: "
    more = element("p", words, element("code", "assay gate --details --json"))
    return element("details", summary, table(columns, "t" + "n" * len(rating.codes), [support, *rows]), more)


def _gate(rating: RatingVariable, found: AgainstGold, mark: Html) -> Html:
    gate = found.gate
    parts = [element("h3", "The gate by label and by ρ", mark)]
    if not gate.n_labelled:
        return together([*parts, element("p", "None of the segments with gold has a silver label.", class_="soft")])
    rows = [
        (
            code_name(rating, one.label),
            *(one.n_labelled, one.n_given, one.n_right),
            *(_with_range(estimate) for estimate in (one.precision, one.recall, one.f1)),
        )
        for one in gate.labels
    ]
    columns = ("label", "gold", "silver", "both", "precision", "recall", "F1")
    parts += [table(columns, "tnnnnnn", rows), element("p", READ_LABELS, class_="soft")]
    if gate.calibration.bins:
        share = (
            "" if found.n_full_panel is None else " Only segments of the random share, where ρ is that of all votes."
        )
        parts.append(figure(reliability_dots(gate.calibration.bins, rating.name), READ_RELIABILITY + share))
    return together(parts)


def _value(estimate: Estimate) -> object:
    """A number with its reason where there is none."""
    return element("span", None, title=estimate.reason) if estimate.value is None else decimal(estimate.value)


def _share(estimate: Estimate) -> object:
    return _value(estimate) if estimate.value is None else percent(estimate.value)


def _range(estimate: Estimate) -> str | None:
    if estimate.low is None or estimate.high is None:
        return None
    return f"{percent(estimate.low, 0)} to {percent(estimate.high, 0)}"


def _with_range(estimate: Estimate, between: str = " ") -> object:
    if estimate.value is None:
        return _value(estimate)
    ends = f"({decimal(estimate.low, 2)} to {decimal(estimate.high, 2)})"
    return element("span", decimal(estimate.value, 2), between, element("span", ends, class_="soft"))
