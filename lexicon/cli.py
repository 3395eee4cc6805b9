"""``assay lexicon``: import, freeze, match, stats."""

from pathlib import Path
from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table

app = group("Signal words: import them, freeze them into a lexicon, find them in messages.")


@app.command("import")
@guarded
def import_cli(
    file: Annotated[Path, typer.Argument(help="CSV (header term,kind,category[,note]) or TOML ([[entry]] tables).")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Add signal words to the draft lexicon; a term that is there already is updated.

    Example: `assay lexicon import terms.csv -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.drafts import import_entries

    opened = open_workspace(workspace)
    report = import_entries(opened, open_database(opened), file)
    emit(
        report.as_json(),
        as_json,
        lambda: say(
            f"{report.read} entries read: {report.new} new, {report.updated} updated, {report.unchanged} as before"
        ),
    )


@app.command("freeze")
@guarded
def freeze_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Write the draft entries as the immutable table `lexicon`.

    Example: `assay lexicon freeze -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.drafts import freeze

    opened = open_workspace(workspace)
    report = freeze(opened, open_database(opened))
    told = f"{report.entries} entries frozen: {report.explicit} explicit, {report.implicit} implicit"
    emit(
        report.as_json(), as_json, lambda: say(told if report.changed else f"nothing changed: {report.entries} entries")
    )


@app.command("match")
@guarded
def match_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Find every lexicon entry in every message, overlapping matches included.

    Example: `assay lexicon match -w corpus`
    """
    from core.workspace import open_workspace
    from lexicon.matching import match

    report = match(open_workspace(workspace))
    told = f"{report.n_matches} matches of {report.n_entries_matched} entries in {report.n_messages} messages"
    emit(report.as_json(), as_json, lambda: say(told if report.changed else f"nothing changed: {told}"))


@app.command("stats")
@guarded
def stats_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Count matches by kind, category and term, and list the terms that never fire.

    Example: `assay lexicon stats -w corpus`
    """
    from core.workspace import open_workspace
    from lexicon.statistics import LexiconStatistics, statistics

    found = statistics(open_workspace(workspace))

    def show(found: LexiconStatistics = found) -> None:
        keys = ("kind", "category", "entries", "entries_matched", "matches", "messages", "users")
        table(keys, [[row[key] for key in keys] for row in found.by_category], "By category")
        columns = ("term", "kind", "matches", "messages", "users")
        table(columns, [[row[key] for key in columns] for row in found.top], "Most frequent terms")
        ratio = "–" if found.implicit_to_explicit is None else f"{found.implicit_to_explicit:.2f}"
        say(f"{found.n_matches} matches in {found.n_messages} messages; implicit to explicit {ratio}")
        say(f"{len(found.never)} of {found.n_entries} entries never fire: {', '.join(found.never[:10])}")

    emit(found.as_json(), as_json, show)
