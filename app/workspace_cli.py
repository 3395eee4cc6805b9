"""``assay init``, ``assay status``, ``assay demo``: the workspace as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted


def mount(app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command("init")(init_cli)
    app.command("status")(status_cli)
    app.command("demo")(demo_cli)


@guarded
def init_cli(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new workspace.")],
    codebook: Annotated[
        str, typer.Option(help="suichat6, psysuicide11, ideation4 or narratives23; or a .toml file of your own.")
    ] = "suichat6",
    panel: Annotated[
        str, typer.Option(help="embedded: 17 voters in this process; suichat17: the paper's models, on your servers.")
    ] = "embedded",
    as_json: JsonOption = False,
) -> None:
    """Make a new workspace: settings, a codebook to edit, a secret key for pseudonyms, a database.

    Example: `assay init corpus --codebook suichat6 --panel suichat17`
    """
    from app.workspaces import init

    workspace = init(folder, codebook, panel)
    voters = len(workspace.settings.vote.voters)
    panel_of = counted(voters, "voter")
    emit(
        {"workspace": str(folder), "codebook": codebook, "voters": voters},
        as_json,
        lambda: say(
            f"{folder} is ready: codebook {codebook}, {panel_of}. Keep {folder}/secrets private and safe.\n"
            f"Next: assay collect PATH -w {folder}"
        ),
    )


@guarded
def status_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show every table with its rows and age, what is stale and why, and what to do next.

    Example: `assay status -w corpus`
    """
    from app.status import Status, age, status
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    found = status(opened, open_database(opened))

    def show(found: Status = found) -> None:
        now = opened.clock()
        rows = [
            (s.table, s.rows, s.rejected or None, age(s.made, now), s.state, ", ".join(s.why), f"assay {s.command}")
            for s in found.stages
        ]
        table(("table", "rows", "rejected", "age", "state", "because", "made by"), rows)
        if found.batches:
            batches = [(b.name, b.state, b.items, f"{b.done}/{b.total}") for b in found.batches]
            table(("batch", "state", "items", "submitted"), batches)
        say(f"Next: {found.next_command}" if found.next_command else "Everything is up to date.")

    emit(found.as_json(), as_json, show)


@guarded
def demo_cli(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the demo's workspace.")] = Path("assay-demo"),
    ui: Annotated[bool, typer.Option("--ui/--no-ui", help="Open the pages at the end.")] = True,
    messages: Annotated[int, typer.Option(help="Messages of the synthetic export.")] = 6_000,
    seed: Annotated[int, typer.Option(help="Of the synthetic export and the simulated annotators.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Walk the whole road once: a synthetic group chat becomes silver and gold labels.

    Example: `assay demo --no-ui`
    """
    from app.demo.run import run_demo
    from app.serve import serve

    demo = run_demo(folder, seed=seed, n_messages=messages, tell=(lambda _: None) if as_json else say)
    emit(demo.as_json(), as_json, lambda: None)
    if ui and not as_json:
        serve(demo.workspace, announce=lambda address: say(f"{'':<10} now at {address}; stop with Ctrl+C"))
