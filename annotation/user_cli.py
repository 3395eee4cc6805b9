"""``assay user``."""

import sys
from typing import Annotated, Any

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table

PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]
app = group("The people who annotate and adjudicate: add, disable, list.")


@app.command("add")
@guarded
def add_cli(
    name: Annotated[str, typer.Argument(help="Name to sign in with.", metavar="NAME", show_default=False)],
    role: Annotated[str, typer.Option(help="annotator, adjudicator or admin.")] = "annotator",
    password_stdin: PasswordOption = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Add a person. The password is asked for and never shown.

    Example: `assay user add lin --role annotator -w corpus`
    """
    from annotation.human.users import add_user
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    person = add_user(open_database(opened), name, role, _password(password_stdin), clock=opened.clock)
    emit(person.as_json(), as_json, lambda: say(f"added {person.name}, {person.role}"))


@app.command("password")
@guarded
def password_cli(
    name: Annotated[str, typer.Argument(help="Whose password.", metavar="NAME", show_default=False)],
    password_stdin: PasswordOption = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Give a person a new password and sign them out everywhere.

    Example: `assay user password lin -w corpus`
    """
    from annotation.human.users import set_password
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    person = set_password(open_database(opened), name, _password(password_stdin), clock=opened.clock)
    emit(person.as_json(), as_json, lambda: say(f"{person.name} has a new password"))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt("Password (8 characters or more)", hide_input=True, confirmation_prompt=True, err=True)


@app.command("disable")
@guarded
def disable_cli(
    name: Annotated[str, typer.Argument(help="Who may no longer sign in.", metavar="NAME", show_default=False)],
    undo: Annotated[bool, typer.Option("--undo", help="Let them sign in again.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Keep a person from signing in. What they submitted stays.

    Example: `assay user disable lin -w corpus`
    """
    from annotation.human.users import disable_user
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    person = disable_user(open_database(opened), name, undo=undo, clock=opened.clock)
    emit(person.as_json(), as_json, lambda: say(f"{person.name} is {'disabled' if person.disabled else 'enabled'}"))


@app.command("list")
@guarded
def list_users_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show everybody who may sign in, and who no longer may.

    Example: `assay user list -w corpus`
    """
    from annotation.human.users import list_users
    from core.database import open_database
    from core.workspace import open_workspace

    people = [person.as_json() for person in list_users(open_database(open_workspace(workspace)))]
    emit({"users": people}, as_json, lambda: _show_people(people))


def _show_people(people: list[dict[str, Any]]) -> None:
    if not people:
        say("there is nobody yet; add somebody with: assay user add NAME")
        return
    rows = [
        (
            one["name"],
            one["role"],
            "disabled" if one["disabled"] else "enabled",
            "simulated" if one["simulated"] else "",
        )
        for one in people
    ]
    table(("name", "role", "state", ""), rows)
