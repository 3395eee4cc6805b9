"""``assay release``: write what may leave the workspace."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say
from core.counting import counted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from core.workspace import Workspace
    from release.publishing import ReleaseReport
    from release.staleness import StaleTable

    OutOfDate = Callable[[Workspace, Engine], Sequence[StaleTable]]


def mount(app: typer.Typer, out_of_date: "OutOfDate") -> None:
    """Put ``release`` under an application. ``out_of_date``: a workspace and its database → what is out of date."""
    releases = group("Releases: documented folders of labelled segments.")
    releases.callback()(_group)
    releases.command("new")(_new_command(out_of_date))
    app.add_typer(releases, name="release")


def _group() -> None:
    """Releases: documented folders of labelled segments."""


def _new_command(out_of_date: "OutOfDate") -> Callable[..., None]:
    @guarded
    def new_cli(
        name: Annotated[str | None, typer.Option(help="Name of the release.", show_default="v1, v2, …")] = None,
        allow_simulated: Annotated[
            bool, typer.Option("--allow-simulated", help="Release labels of simulated annotators, marked as such.")
        ] = False,
        allow_stale: Annotated[
            bool, typer.Option("--stale", help="Release tables that are out of date; the release says which and why.")
        ] = False,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Write the four-tuples with silver and gold labels as Parquet and JSONL, with a README of the data.

        Tables that `assay status` calls stale are not released unless you ask for it.

        Example: `assay release new --name pilot -w corpus`
        """
        from core.database import open_database
        from core.workspace import open_workspace
        from release.publishing import new_release

        opened = open_workspace(workspace)
        engine = open_database(opened)
        stale = out_of_date(opened, engine)
        report = new_release(
            opened, engine, name, allow_simulated=allow_simulated, stale=stale, allow_stale=allow_stale
        )
        emit(report.as_json(), as_json, lambda: _show(report))

    return new_cli


def _show(report: "ReleaseReport") -> None:
    marked = ", simulated annotators" if report.simulated else ""
    say(f"{counted(report.rows, 'segment')}, {report.gold} with gold labels{marked}, in {report.folder}")
    for one in report.stale:
        told = "out of date, and the README says so" if one.blocks else "not made again"
        say(f"{one.table}: {told}: {one.reasons} ({one.command})")
