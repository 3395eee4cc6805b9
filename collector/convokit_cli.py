"""``assay export-convokit``."""

from pathlib import Path
from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say
from core.counting import counted


def mount(app: typer.Typer) -> None:
    """Register ``export-convokit`` with the command ``assay``."""
    app.command("export-convokit")(export_convokit_cli)


@guarded
def export_convokit_cli(
    folder: Annotated[Path, typer.Argument(help="A new folder for the corpus.", metavar="DIR")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the messages as a ConvoKit corpus, a conversation a chat, with pseudonyms only.

    Example: `assay export-convokit convokit-corpus -w corpus`
    """
    from collector.convokit_export import export_convokit
    from core.workspace import open_workspace

    report = export_convokit(open_workspace(workspace), folder)
    emit(report.as_json(), as_json, lambda: _show(folder, report.as_json()))


def _show(folder: Path, counts: dict[str, int]) -> None:
    """The report for a person."""
    say(
        f"Wrote {counted(counts['utterances'], 'utterance')} of {counted(counts['speakers'], 'speaker')} in "
        f"{counted(counts['conversations'], 'conversation')} to {folder}."
    )
    if counts["replies_left_out"]:
        say(f"Replies to a message that is not in the table, which are not marked: {counts['replies_left_out']:,}.")
    say("It holds the workspace's own pseudonyms and texts: treat it like the tables. To share, make a release.")
