"""The details of a panel in the terminal."""

from collections.abc import Mapping
from typing import Any

from consensus.showing_gold import show_against_gold
from core.command import say, table
from core.counting import counted

_MEASURED_BY = {
    "gold": "gold, weighted to all segments",
    "silver": "silver, which the votes made themselves: the number is too high",
}


def show_details(variable: str, details: Mapping[str, Any]) -> None:
    """Print what `PanelDetails.as_json` gives for one rating variable. Nothing of the panel where no votes compare."""
    if details["without"]:
        _show_panel(variable, details)
    if details["against_gold"] is not None:
        show_against_gold(variable, details["against_gold"])


def _show_panel(variable: str, details: Mapping[str, Any]) -> None:
    say(f"\n{variable}: what each voter changes")
    table(
        ("without", "labels changed", "share", "lost", "gained", "relabelled"),
        [[row[key] for key in ("voter", "n_changed", "share", "n_lost", "n_gained", "n_relabelled")]
         for row in details["without"]],
    )  # fmt: skip
    say(_effective(details["effective_voters"]))
    pairs = [pair for pair in details["cohen_kappa"] if pair["value"] is not None]
    if pairs:
        lowest, highest = min(pairs, key=_value), max(pairs, key=_value)
        say(
            f"Cohen's κ of {counted(len(details['cohen_kappa']), 'pair')}: from {_pair(lowest)} to {_pair(highest)} "
            "(all of them: --json, assay report)"
        )
    say(f"\n{variable}: valid votes behind the verdicts")
    keys = ("n_valid", "n_items", "n_accepted", "share_accepted")
    table(("valid votes", "items", "accepted", "share"), [[row[key] for key in keys] for row in details["valid_votes"]])
    say(f"\n{variable}: other methods beside the gate")
    table(
        ("method", "labels", "as silver", "not as silver", "of the pool", "of those p ≥ 0.9", "silver without"),
        [[row[key] for key in ("method", "n_labelled", "n_same", "n_other", "n_fills", "n_sure", "n_withdraws")]
         for row in details["other_methods"]],
    )  # fmt: skip
    if not details["dawid_skene_converged"]:
        say("Dawid–Skene was stopped before it converged: its row is not final")
    say(_calibrated(details["calibrated"]))


def _value(pair: Mapping[str, Any]) -> float:
    return float(pair["value"])


def _pair(pair: Mapping[str, Any]) -> str:
    return f"{pair['value']:.2f} ({pair['a']}, {pair['b']})"


def _effective(found: Mapping[str, Any]) -> str:
    if found["n_effective"] is None:
        return f"effective number of independent voters: undefined, {found['reason']}"
    worth = f"{found['n_effective']:.1f} of {found['n_voters']}"
    ends = "no interval" if found["low"] is None else f"95% interval {found['low']:.1f} to {found['high']:.1f}"
    how = f"{ends}; mean correlation of errors {found['mean_correlation']:.2f} over {counted(found['n_pairs'], 'pair')}"
    return (
        f"effective number of independent voters: {worth} ({how}, measured by {_MEASURED_BY[found['errors_against']]})"
    )


def _calibrated(fitted: Mapping[str, Any] | None) -> str:
    if fitted is None:
        return "the calibrated pool needs 30 gold items with votes"
    return (
        f"the calibrated pool was fitted on {fitted['n_gold']} gold items: cross-validated log loss "
        f"{fitted['log_loss']:.2f}, {fitted['log_loss_plain']:.2f} if the voters were taken for independent"
    )
