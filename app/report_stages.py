"""The report's sections on the corpus as a whole: title, first figures, what is missing, batches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotation.human.batch_reports import BatchSummary
from app.report_facts import BATCH_COMMAND, COMMANDS, Facts
from app.report_page import (
    SIMULATED,
    Html,
    decimal,
    element,
    interval,
    percent,
    section,
    shown,
    table,
    together,
    value_range,
)
from release.staleness import StaleTable, blocking

MOST_LISTED = 6
"""With more rating variables than this, a batch has one row with the range of its κs."""
READ_BATCHES = (
    "κ is Fleiss’ κ of the annotators of a batch, kept when the batch was closed, with a jackknife interval over "
    "items; agreement is the mean share of pairs of annotators that agree on an item."
)


def header(facts: Facts, stale: Sequence[StaleTable] = ()) -> Html:
    """Title, codebook, when; and a banner where labels are simulated, and where tables are out of date."""
    codebook = facts.workspace.codebook
    named = element("code", codebook.name)
    return element(
        "header",
        element("h1", f"{facts.workspace.settings.release.title}: report"),
        element("p", f"Codebook: {codebook.title.zh} · {codebook.title.en} (", named, f" version {codebook.version})"),
        element("p", f"What is labelled: {codebook.unit.en}"),
        element("p", f"Made {facts.made_at:%Y-%m-%d %H:%M} UTC"),
        _banner(facts),
        _stale_banner(blocking(stale)),
    )


def _banner(facts: Facts) -> Html:
    if not facts.simulated:
        return Html()
    text = (
        f": {', '.join(facts.simulated)} are programs, not people. Whatever below comes from gold labels or batches "
        "shows how the tool works; it says nothing about people, nor about these messages."
    )
    return element("div", element("strong", "Simulated annotators"), text, class_="banner", role="note")


def _stale_banner(stale: Sequence[StaleTable]) -> Html:
    if not stale:
        return Html()
    text = (
        ": these tables are not what their inputs, the settings and the codebook would make today. What is below comes "
        "from them as they are, and may mix the old with the new."
    )
    listed = [
        element("li", f"{one.table}: {one.reasons}; make it again with ", element("code", one.command)) for one in stale
    ]
    title = element("strong", "Out of date")
    return element("div", title, text, element("ul", *listed), class_="banner", role="note")


def cards(facts: Facts, kappa: str | None) -> Html:
    """The figures that a reader wants first; ``kappa``: Fleiss' κ of the panel, as text."""
    judged = facts.verdicts.height
    n_gold = shown(facts.gold["segment_id"].n_unique())
    gold = together([n_gold, SIMULATED]) if facts.gold_is_simulated else n_gold
    wanted = [
        ("messages kept", "messages", facts.n_messages),
        ("segments", "segments", facts.segments.height),
        ("accepted as silver", "verdicts", percent(int(facts.verdicts["accepted"].sum()) / judged if judged else None)),
        ("Fleiss’ κ of the panel", "votes", kappa),
        ("segments with gold labels", "gold", gold),
    ]
    made = [(None if needs in facts.absent else value, name) for name, needs, value in wanted]
    drawn = [element("div", element("b", value), element("span", name), class_="card") for value, name in made]
    return element("div", *drawn, class_="cards")


def not_there_yet(facts: Facts) -> Html:
    """What this workspace does not hold yet, with the command that makes it."""
    wanted = {name: COMMANDS[name] for name in facts.absent if name != "gold"}
    wanted |= {} if facts.batches else {"batches": BATCH_COMMAND}
    wanted |= {"gold": COMMANDS["gold"]} if "gold" in facts.absent else {}
    if not wanted:
        return Html()
    items = [element("li", f"{name}: ", element("code", command)) for name, command in wanted.items()]
    return section("Not there yet", element("ul", *items), kind="missing")


def batches(facts: Facts) -> Html:
    """Every batch with its state and, once it is closed, the agreement of its annotators on each variable."""
    if not facts.batches:
        return Html()
    columns = ("batch", "state", "segments", "submitted", "annotators", "variable", "κ", "95% interval", "agreement")
    rows = [row for batch in facts.batches for row in _batch_rows(batch)]
    note = element("p", READ_BATCHES, class_="soft")
    return section("Batches of the annotators", table(columns, "ttnnttnnn", rows), note)


def _batch_rows(batch: BatchSummary) -> list[tuple[object, ...]]:
    simulated = sum(load.simulated for load in batch.loads)
    who = [shown(len(batch.loads))]
    if simulated:
        who += [Html(" "), SIMULATED, Html("" if simulated == len(batch.loads) else f" {simulated} of them")]
    first = (batch.name, batch.state, batch.n_items, f"{batch.n_done:,} of {batch.n_total:,}", together(who))
    measured: Mapping[str, Any] = (batch.agreement or {}).get("variables", {})
    if not measured:
        return [(*first, "nobody rated" if batch.closed_at else "known when it is closed", None, None, None)]
    if len(measured) > MOST_LISTED:
        return [(*first, f"{len(measured)} variables", _range(measured.values()), None, None)]
    rest = [(name, *_kappa_cells(entry)) for name, entry in measured.items()]
    return [(*(first if number == 0 else ("",) * len(first)), *row) for number, row in enumerate(rest)]


def _kappa_cells(entry: Mapping[str, Any]) -> tuple[object, ...]:
    kappa: Mapping[str, Any] = entry.get("fleiss_kappa") or {}
    value = decimal(kappa.get("value")) or f"undefined: {kappa.get('reason') or 'no reason kept'}"
    return value, interval(kappa.get("low"), kappa.get("high")), percent(entry.get("percent_agreement"))


def _range(entries: Iterable[Mapping[str, Any]]) -> str | None:
    values = [(entry.get("fleiss_kappa") or {}).get("value") for entry in entries]
    return value_range([value for value in values if value is not None])
