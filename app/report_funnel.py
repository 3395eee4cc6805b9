"""The funnel of the report: how many messages, segments and labels each stage passed on, and why not more."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from app.report_facts import COMMANDS, Facts
from app.report_page import SIMULATED, Html, element, percent, section, table, together
from core.counting import counted


@dataclass(frozen=True)
class Step:
    """One stage: ``n`` of ``whole`` things went on. needs: its table; whole_is: what ``whole`` counts, in words."""

    name: str
    needs: str
    n: int
    whole: int
    whole_is: str
    note: str
    simulated: bool = False


def funnel(facts: Facts) -> Html:
    """The section: a row a stage, from messages read to gold labels."""
    steps = (_messages(facts), _suspicious(facts), _segments(facts), _silver(facts), _gold(facts))
    rows = [_row(step, step.needs in facts.absent) for step in steps]
    return section("From messages to gold", table(("stage", "kept", "", "of", "how it came about"), "tnttt", rows))


def _row(step: Step, absent: bool) -> tuple[object, ...]:
    if absent:
        command = element("code", COMMANDS[step.needs])
        return step.name, None, "", "", together([Html("not there yet: "), command])
    share = step.n / step.whole if step.whole else None
    of = f"{percent(share) or '–'} of {step.whole:,} {step.whole_is}"
    name = together([element("span", f"{step.name} "), SIMULATED]) if step.simulated else step.name
    return name, step.n, _bar(share or 0.0), of, step.note


def _bar(share: float) -> Html:
    return element("div", element("i", style=f"width:{min(share, 1.0):.2%}"), class_="bar")


def _messages(facts: Facts) -> Step:
    dropped = facts.rejected["messages"]
    read = facts.n_messages + sum(dropped.values())
    note = f"dropped: {_reasons(dropped)}" if dropped else "none dropped"
    return Step("Messages", "messages", facts.n_messages, read, "read", note)


def _suspicious(facts: Facts) -> Step:
    matched = facts.matches["message_id"].n_unique()
    fired = facts.matches["entry_id"].n_unique()
    matches = f"{facts.matches.height:,} {'match' if facts.matches.height == 1 else 'matches'}"
    note = f"{matches} of {counted(fired, 'signal word')}; the lexicon has {facts.n_entries:,}"
    return Step("Suspicious messages", "matches", matched, facts.n_messages, "messages", note)


def _segments(facts: Facts) -> Step:
    rejected = facts.rejected["segments"]
    kept = facts.segments.height
    note = f"rejected: {_reasons(rejected)}" if rejected else "none rejected"
    return Step("Segments", "segments", kept, kept + sum(rejected.values()), "grown", note)


def _silver(facts: Facts) -> Step:
    verdicts = facts.verdicts
    several = verdicts["variable"].n_unique() > 1
    counts = _counts(verdicts.filter(~verdicts["accepted"])["reason"])
    note = f"not accepted: {_reasons(counts)}" if counts else "all accepted"
    whole_is = "verdicts (segment × variable)" if several else "segments"
    return Step("Silver labels", "verdicts", int(verdicts["accepted"].sum()), verdicts.height, whole_is, note)


def _gold(facts: Facts) -> Step:
    note = _reasons(_counts(facts.gold["source"]))
    unsettled = facts.rejected["gold"]
    note += f"; not settled: {_reasons(unsettled)}" if unsettled else ""
    several = facts.gold["variable"].n_unique() > 1
    whole = max(facts.verdicts.height, facts.gold.height) if several else facts.segments.height
    whole_is = "verdicts (segment × variable)" if several else "segments"
    return Step("Gold labels", "gold", facts.gold.height, whole, whole_is, note, facts.gold_is_simulated)


def _counts(values: pl.Series) -> dict[str, int]:
    """Value → how often, in the order of the contract's categories."""
    return {str(value): int(n) for value, n in values.value_counts().sort(values.name).iter_rows()}


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason.replace('_', ' ')} {n:,}" for reason, n in counts.items())
