"""The panel against gold in the terminal."""

from collections.abc import Mapping
from typing import Any

from core.command import say, table
from core.counting import counted


def show_against_gold(variable: str, told: Mapping[str, Any]) -> None:
    """Print what `AgainstGold.as_json` gives for one rating variable."""
    drawn = "" if told["drawn"] is None else f" ({_listed(told['drawn'])})"
    say(f"\n{variable}: against gold, {counted(told['n_gold'], 'item')}{drawn}")
    for entry in told["left_out"]:
        say(f"left out: {counted(entry['n'], 'gold item')}, {entry['reason']}")
    if told["n_full_panel"] is not None:
        say(f"voters and ρ: on the {told['n_full_panel']:,} of them that the whole panel was asked about")
    rows = [_row("the gate", told["gate"]), *(_row(voter["voter"], voter) for voter in told["voters"])]
    table(("", "labelled", "not", "right", "accuracy", "from", "to", "where silver", "Brier"), rows)
    if told["gate_where_drawn"]:
        found = [f"{origin.replace('_', ' ')} {_with_range(one)}" for origin, one in told["gate_where_drawn"].items()]
        say(f"the gate by how the items were drawn: {', '.join(found)}")
    at_large = told["gate_at_large"]
    known = _with_range(at_large) if at_large["value"] is not None else f"not known, {at_large['reason']}"
    say(f"the gate on all silver labels, by gold weighted to all segments: {known}")
    say("accuracy of the labels given, 95% Wilson interval; by label, confusion, calibration: --json, assay report")


def _row(name: str, one: Mapping[str, Any]) -> tuple[object, ...]:
    accuracy, brier = one["accuracy"], one["calibration"]["brier"]
    counts = (one["n_labelled"], one["n_abstained"], one["n_right"])
    ends = (accuracy["value"], accuracy["low"], accuracy["high"])
    return name, *counts, *ends, one["where_silver"]["value"], brier["value"]


def _with_range(one: Mapping[str, Any]) -> str:
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items())
