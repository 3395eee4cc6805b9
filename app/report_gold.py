"""The report on gold: how people's labels compare with the panel's."""

import polars as pl

from app.report_charts import NO_CONSENSUS
from app.report_facts import Facts, not_yet
from app.report_page import SIMULATED, Html, element, percent, together
from consensus.panel import equal_to_gold, silver_against_gold
from core.codebook import RatingVariable

# Cells of the confusion table: gold confirms silver, gold is another label, there was no silver label.
EQUAL, OTHER, NO_SILVER = "63,143,125", "208,96,63", "150,158,165"


def silver_and_gold(facts: Facts, rating: RatingVariable) -> Html:
    """How often gold confirms silver, and the counts of both."""
    heading = element("h3", "Silver against gold", *([" ", SIMULATED] if facts.gold_is_simulated else []))
    if facts.on("gold", rating.name).is_empty():
        return together([heading, not_yet("gold labels", "gold")])
    confusion = silver_against_gold(facts.verdicts, facts.gold, rating.name, rating.codes)
    equal, compared = equal_to_gold(confusion)
    shares = f" ({percent(equal / compared)})" if compared else ""
    text = (
        f"Gold confirms {equal:,} of the {compared:,} silver labels that annotators looked at{shares}. Batches are "
        "drawn from the no-consensus pool, and a random audit share from the accepted segments, which have a silver "
        "label."
    )
    return together([heading, element("p", text), _confusion(confusion, rating)])


def _confusion(confusion: pl.DataFrame, rating: RatingVariable) -> Html:
    corner = element("th", "silver ↓   gold →")
    head = [corner, *(_code_heading(rating, code) for code in rating.codes)]
    rows = []
    for code in (*rating.codes, None):
        counts = confusion.filter(pl.col("silver").eq_missing(code)).select("gold", "n").rows()
        largest = max(1, *(n for _, n in counts))
        cells = [_confusion_cell(n, n / largest, NO_SILVER if code is None else EQUAL if gold == code else OTHER)
                 for gold, n in counts]  # fmt: skip
        rows.append(element("tr", _code_heading(rating, code), *cells))
    made = element("table", element("thead", element("tr", *head)), element("tbody", *rows), class_="confusion")
    return element("div", made, class_="scroll")


def _code_heading(rating: RatingVariable, code: int | None) -> Html:
    if code is None:
        return element("th", NO_CONSENSUS)
    title = rating.code_title(code)
    return element("th", f"{code} {title.zh}", element("span", title.en, class_="en"))


def _confusion_cell(n: int, depth: float, colour: str) -> Html:
    return element("td", n or "·", class_="cell", style=f"background:rgba({colour},{depth * 0.6:.2f})")
