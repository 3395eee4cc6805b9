"""The statistics of the lexicon as tables for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.command import say, table
from core.counting import counted
from lexicon.label_statistics import LabelStatistics
from lexicon.statistics import LexiconStatistics

NEVER_SHOWN = 10
_COUNTS = ("matches", "signals", "messages", "users")
_READ = "A signal is a match that is no part of a longer match. Share: segments with implicit signals only."


def show_statistics(found: LexiconStatistics) -> None:
    """Print the statistics on standard output."""
    _table(("kind", "entries", "entries_matched", *_COUNTS), found.by_kind, "By kind")
    _table(("kind", "category", "entries", "entries_matched", *_COUNTS), found.by_category, "By category")
    _table(("term", "kind", *_COUNTS), found.top, "Most frequent terms")
    ratio = _decimal(found.implicit_to_explicit)
    matches = f"{counted(found.n_matches, 'match', 'matches')} in {counted(found.n_messages, 'message')}"
    say(f"{matches}; implicit to explicit signals {ratio}")
    never = ", ".join(found.never[:NEVER_SHOWN]) + (", …" if len(found.never) > NEVER_SHOWN else "")
    say(f"entries that never fire: {len(found.never):,} of {found.n_entries:,}{f' ({never})' if never else ''}")
    if found.labels is None:
        say("No segment has a label yet; once some do (assay gate, or assay resolve), signals by label are shown here.")
    else:
        _show_labels(found.labels)


def _show_labels(labels: LabelStatistics) -> None:
    say("")
    title = f"Signals by label: {counted(labels.n_segments, 'labelled segment')}, {labels.n_gold:,} by gold"
    columns = ("variable", "label", "segments", "gold", "explicit", "implicit", "ratio", "only implicit", "share")
    yes_or_all = [row for row in labels.by_label if not (":" in row["variable"] and row["label"] == 0)]
    rows = [_label_cells(row) for row in [*yes_or_all, *labels.high_risk]]
    table(columns, rows, title)
    say(_READ)
    if labels.mostly_lowest:
        keys = ("term", "kind", "category", "segments", "lowest", "share", "high_risk")
        shown = [{**row, "share": _percent(row["share"])} for row in labels.mostly_lowest]
        say("\nTerms mostly in segments with the lowest label, candidates for removal:")
        _table(keys, shown, None)
    else:
        say("No term stands mostly in segments with the lowest label.")


def _label_cells(row: Mapping[str, Any]) -> list[object]:
    label = row["title"] if row["label"] is None else f"{row['label']} {row['title']}"
    counts = [row[key] for key in ("segments", "gold", "explicit", "implicit")]
    ratio, share = _decimal(row["implicit_to_explicit"]), _percent(row["only_implicit_share"])
    return [row["variable"], label, *counts, ratio, row["only_implicit"], share]


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _table(keys: Sequence[str], rows: Sequence[Mapping[str, Any]], title: str | None) -> None:
    table([key.replace("_", " ") for key in keys], [[row[key] for key in keys] for row in rows], title)
