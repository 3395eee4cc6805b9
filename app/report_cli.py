"""``assay report``: what happened, for reading."""

from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say


def mount(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("report")(report_cli)


@guarded
def report_cli(
    open_it: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write reports/report.html: the funnel, the panel, its silver labels, batches and gold, in one file to read.

    Example: `assay report -w corpus --open`
    """
    import webbrowser

    from app.report import write_report
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    path = write_report(opened, open_database(opened))
    emit({"path": str(path)}, as_json, lambda: say(str(path)))
    if open_it:
        webbrowser.open(path.resolve().as_uri())
