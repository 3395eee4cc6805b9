"""``assay release``: write what may leave the workspace."""

from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say

app = group("Releases: documented folders of labelled segments.")


@app.callback()
def _group() -> None:
    """Releases: documented folders of labelled segments."""


@app.command("new")
@guarded
def new_cli(
    name: Annotated[str | None, typer.Option(help="Name of the release.", show_default="v1, v2, …")] = None,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Release labels of simulated annotators, marked as such.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the four-tuples with silver and gold labels as Parquet and JSONL, with a README of the data.

    Example: `assay release new --name pilot -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from release.publishing import new_release

    opened = open_workspace(workspace)
    report = new_release(opened, open_database(opened), name, allow_simulated=allow_simulated)
    marked = ", simulated annotators" if report.simulated else ""
    emit(
        report.as_json(),
        as_json,
        lambda: say(f"{report.rows} segments, {report.gold} with gold labels{marked}, in {report.folder}"),
    )
