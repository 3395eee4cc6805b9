"""``assay lexicon``: import, freeze, match, stats."""

from pathlib import Path
from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say
from core.counting import counted

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
            f"{counted(report.read, 'entry', 'entries')} read: {report.new:,} new, {report.updated:,} updated, "
            f"{report.unchanged:,} as before"
        ),
    )


@app.command("freeze")
@guarded
def freeze_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Write imported entries and what closed reviews accepted as the table `lexicon`, and keep it as the next version.

    Each version is kept for good, with where every entry comes from and what the experts rejected.

    Example: `assay lexicon freeze -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.drafts import freeze

    opened = open_workspace(workspace)
    report = freeze(opened, open_database(opened))
    entries = counted(report.entries, "entry", "entries")
    told = f"version {report.version}: {entries}, {report.explicit:,} explicit, {report.implicit:,} implicit"
    whence = f"{report.imported} imported, {report.reviewed} accepted in reviews, which rejected {report.rejected}"
    emit(report.as_json(), as_json, lambda: say(f"{told}; {whence}" if report.changed else f"nothing changed: {told}"))


@app.command("match")
@guarded
def match_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Find every lexicon entry in every message, overlapping matches included.

    Width, case and invisible characters make no difference, nor do blanks, dots, dashes and the like between the
    characters of a term (`lexicon.inserted_marks`). Offsets point into the stored content.

    Example: `assay lexicon match -w corpus`
    """
    from core.workspace import open_workspace
    from lexicon.matching import match

    report = match(open_workspace(workspace))
    entries = counted(report.n_entries_matched, "entry", "entries")
    matches = f"{counted(report.n_matches, 'match', 'matches')} of {entries}"
    told = f"{matches} in {counted(report.n_messages, 'message')}"
    emit(report.as_json(), as_json, lambda: say(told if report.changed else f"nothing changed: {told}"))


@app.command("stats")
@guarded
def stats_cli(
    min_segments: Annotated[
        int, typer.Option(min=1, help="Labelled segments in which a term has to stand to be a candidate for removal.")
    ] = 5,
    min_share: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Share of them that has to have the lowest label.")
    ] = 0.8,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Count matches by kind, category and term; list terms that never fire; and once labels exist, signals by label.

    A term that stands mostly in segments with the lowest label (level 0) is listed as a candidate for removal.

    Example: `assay lexicon stats -w corpus --min-segments 10`
    """
    from core.workspace import open_workspace
    from lexicon.showing import show_statistics
    from lexicon.statistics import statistics

    found = statistics(open_workspace(workspace), min_segments=min_segments, min_share=min_share)
    emit(found.as_json(), as_json, lambda: show_statistics(found))
